// What Yosys is told.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "rtlgen/deliver/synth_modules.hpp"

namespace rtlgen {

/// Runs a script in a folder; what Yosys says goes beside the script. Throws std::runtime_error where it fails.
void run_yosys(const std::filesystem::path& directory, const std::filesystem::path& script);

/// Its name and version.
std::string yosys_version(const std::filesystem::path& work);

/// The script that elaborates a core into work/elaborated.il. `list` is its list of files.
std::string elaboration_script(const std::filesystem::path& list, const std::filesystem::path& work);

/// How adders are mapped: the text of work/adder_map.v.
std::string adder_map();

/// The script that synthesizes the units of one group and writes what cells they have to `statistics`; with `netlists`,
/// each unit's to work/NAME.json, too. Instances of other units stay, as black boxes.
std::string group_script(const std::vector<SynthModule>& modules, const std::set<int>& group, const std::string& family,
                         const std::filesystem::path& work, const std::filesystem::path& statistics, bool netlists);

}  // namespace rtlgen
