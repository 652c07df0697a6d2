#include <fstream>

#include "ir/source_error.hpp"
#include "rtlgen/cli/commands.hpp"
#include "rtlgen/deliver/core_signature.hpp"
#include "rtlgen/deliver/report.hpp"
#include "rtlgen/deliver/synth.hpp"
#include "rtlgen/device/find_device.hpp"
#include "rtlgen/files/progress.hpp"
#include "rtlgen/files/text_file.hpp"

namespace rtlgen {

int run_synth(const SynthOptions& options) {
  const std::filesystem::path out = options.out;
  const CoreSignature signature = read_signature(out);  // says so if this is no build folder
  const std::filesystem::path path = out / "report.json";
  nlohmann::ordered_json report;
  try {
    std::ifstream file(path);
    report = nlohmann::ordered_json::parse(file);
  } catch (const nlohmann::json::exception& error) {
    throw SourceError({path.string()}, std::string("is not a report: ") + error.what());
  }
  const std::string device = report.value("device", "");
  const std::string family = options.family.empty() ? find_device(device).family : options.family;
  {
    Progress progress("synthesis", 1, Progress::Appears::at_once);
    progress.update(0);
    const TimedSynthesis synthesis = synthesize_and_time(out, family, device, signature.clock_mhz);
    report["resources"]["yosys"] = synthesis.resources;
    report["timing"] = synthesis.timing;
  }
  write_file(path, report.dump(2) + "\n");
  print_report(report);
  return 0;
}

}  // namespace rtlgen
