#include <fstream>

#include "ir/source_error.hpp"
#include "rtlgen/cli/commands.hpp"
#include "rtlgen/deliver/core_signature.hpp"
#include "rtlgen/deliver/report.hpp"
#include "rtlgen/deliver/synth.hpp"
#include "rtlgen/files/progress.hpp"
#include "rtlgen/files/text_file.hpp"

namespace rtlgen {

int run_synth(const SynthOptions& options) {
  const std::filesystem::path out = options.out;
  read_signature(out);  // says so if this is no build folder
  const std::filesystem::path path = out / "report.json";
  nlohmann::ordered_json report;
  try {
    std::ifstream file(path);
    report = nlohmann::ordered_json::parse(file);
  } catch (const nlohmann::json::exception& error) {
    throw SourceError({path.string()}, std::string("is not a report: ") + error.what());
  }
  {
    Progress progress("synthesis", 1, Progress::Appears::at_once);
    progress.update(0);
    report["resources"]["yosys"] = synthesize(out, options.family);
  }
  write_file(path, report.dump(2) + "\n");
  print_report(report);
  return 0;
}

}  // namespace rtlgen
