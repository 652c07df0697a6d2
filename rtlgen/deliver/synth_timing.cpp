#include "rtlgen/deliver/synth_timing.hpp"

#include <algorithm>
#include <cmath>

#include "rtlgen/deliver/read_whole.hpp"
#include "rtlgen/device/find_device.hpp"
#include "rtlgen/timing/timing_walk.hpp"

namespace rtlgen {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

double in_ns(int ps) { return ps / 1000.0; }

/// What must have passed before the next edge of the clock, ps.
double usable_ps(double clock_mhz, const Delays& delays) { return 1e6 / clock_mhz - delays.margin; }

ordered_json to_json(const TimingPath& path, double usable) {
  return {{"worst_ns", in_ns(path.delay)},
          {"holds", path.delay <= usable},
          {"lut_levels", path.lut_levels},
          {"carry_chains", path.carry_chains},
          {"carry4", path.carry4},
          {"products", path.products},
          {"from", path.from},
          {"to", path.to}};
}

MappedNetlist read_netlists(const std::vector<SynthModule>& modules, const fs::path& work) {
  MappedNetlist netlist;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    if (!modules[i].unit) continue;
    const fs::path file = work / (short_name(static_cast<int>(i)) + ".json");
    add_mapped_modules(nlohmann::json::parse(read_whole(file)), netlist);
    fs::remove(file);
  }
  return netlist;
}

}  // namespace

ordered_json time_core(const std::vector<SynthModule>& modules, int top, const fs::path& work,
                       const std::string& device, double clock_mhz) {
  const Device& found = find_device(device);
  const MappedNetlist netlist = read_netlists(modules, work);
  const TimingResult timing = walk_timing(netlist, short_name(top), found.delays);
  const double usable = usable_ps(clock_mhz, found.delays);
  ordered_json result = {{"device", device},
                         {"clock_mhz", clock_mhz},
                         {"period_ns", std::round(1e6 / clock_mhz) / 1000.0},
                         {"margin_ns", in_ns(found.delays.margin)}};
  result.update(to_json(timing.worst.value_or(TimingPath{}), usable));
  if (!timing.loops.empty()) {
    result["holds"] = false;
    result["loops"] = timing.loops;
  }
  result["modules"] = ordered_json::object();
  for (const auto& [name, path] : timing.modules) {
    const int index = module_index(name, modules.size());
    result["modules"][modules.at(static_cast<std::size_t>(index)).label] = to_json(path, usable);
  }
  return result;
}

}  // namespace rtlgen
