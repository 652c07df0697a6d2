// The timing of a synthesized core, as report.json has it.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "rtlgen/deliver/synth_modules.hpp"

namespace rtlgen {

/// Walks the netlists that group_script() left in `work` (docs/timing.md) and removes them. `device` is known to
/// find_device(). The result: docs/commands.md, `timing`. Throws std::runtime_error on cells without a known delay.
nlohmann::ordered_json time_core(const std::vector<SynthModule>& modules, int top, const std::filesystem::path& work,
                                 const std::string& device, double clock_mhz);

}  // namespace rtlgen
