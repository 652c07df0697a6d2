#include "rtlgen/deliver/synth.hpp"

#include <algorithm>
#include <future>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "rtlgen/deliver/cosim.hpp"
#include "rtlgen/deliver/synth_count.hpp"
#include "rtlgen/deliver/synth_modules.hpp"
#include "rtlgen/deliver/synth_script.hpp"
#include "rtlgen/deliver/synth_timing.hpp"
#include "rtlgen/files/process.hpp"
#include "rtlgen/files/text_file.hpp"

namespace rtlgen {
namespace {

namespace fs = std::filesystem;

/// Processes side by side, at most. Each takes some hundred MB.
constexpr unsigned kMaxProcesses = 4;

/// A core whose units are synthesized.
struct Synthesized {
  std::vector<SynthModule> modules;
  int top = 0;
};

void synthesize_units(const std::vector<SynthModule>& modules, const std::string& family, const fs::path& work,
                      bool netlists, std::vector<fs::path>& statistics) {
  const unsigned processes = std::clamp(std::thread::hardware_concurrency(), 1U, kMaxProcesses);
  std::vector<std::future<void>> running;
  for (const std::set<int>& group : share_units(modules, processes)) {
    const std::string name = "group_" + std::to_string(statistics.size());
    const fs::path script = work / (name + ".ys");
    statistics.push_back(work / (name + ".json"));
    write_file(script, group_script(modules, group, family, work, statistics.back(), netlists));
    running.push_back(std::async(std::launch::async, run_yosys, work, script));
  }
  for (std::future<void>& each : running) each.wait();
  for (std::future<void>& each : running) each.get();
}

Synthesized run_synthesis(const fs::path& out, const std::string& family, const fs::path& work, bool netlists) {
  if (family != "xcup" && family != "xcu" && family != "xc7") {
    throw std::runtime_error("synthesis knows xcup, xcu and xc7, not " + family);
  }
  if (!find_program("yosys")) throw std::runtime_error("synthesis needs yosys, which is not in PATH");
  const fs::path list = find_file_list(out);
  fs::remove_all(work);
  fs::create_directories(work);
  write_file(work / "elaborate.ys", elaboration_script(list, work));
  run_yosys(out, work / "elaborate.ys");

  Synthesized result;
  std::vector<SynthModule>& modules = result.modules;
  modules = rename_modules(work / "elaborated.il", work / "design.il");
  const auto found = std::find_if(modules.begin(), modules.end(),
                                  [&](const SynthModule& module) { return module.label == list.stem().string(); });
  if (found == modules.end()) throw std::runtime_error("elaboration lost the top module " + list.stem().string());
  result.top = static_cast<int>(found - modules.begin());
  choose_units(modules, result.top);
  write_file(work / "adder_map.v", adder_map());
  std::vector<fs::path> statistics;
  synthesize_units(modules, family, work, netlists, statistics);
  for (const fs::path& path : statistics) take_statistics(modules, path);
  return result;
}

nlohmann::json resources_of(const Synthesized& core, const std::string& family, const fs::path& work) {
  nlohmann::json result = sum_up(core.modules, core.top);
  result["family"] = family;
  result["tool"] = yosys_version(work);
  return result;
}

}  // namespace

nlohmann::json synthesize(const fs::path& out, const std::string& family) {
  const fs::path root = fs::absolute(out);
  const fs::path work = root / "synth";
  return resources_of(run_synthesis(root, family, work, false), family, work);
}

TimedSynthesis synthesize_and_time(const fs::path& out, const std::string& family, const std::string& device,
                                   double clock_mhz) {
  const fs::path root = fs::absolute(out);
  const fs::path work = root / "synth";
  const Synthesized core = run_synthesis(root, family, work, true);
  return {resources_of(core, family, work), time_core(core.modules, core.top, work, device, clock_mhz)};
}

}  // namespace rtlgen
