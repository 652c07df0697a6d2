// Counts of cells: out of the statistics of Yosys, module by module, to the sum of a core.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "rtlgen/deliver/synth_modules.hpp"

namespace rtlgen {

/// Reads what a group_script() found. Throws std::runtime_error where that is not understood.
void take_statistics(std::vector<SynthModule>& modules, const std::filesystem::path& path);

/// The sum over all instances, and what each module has (synth.hpp).
nlohmann::json sum_up(const std::vector<SynthModule>& modules, int top);

}  // namespace rtlgen
