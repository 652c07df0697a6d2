// The modules of a core, as synthesis takes them: which are synthesized for themselves, and in which process.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace rtlgen {

/// Cells of one module, by resource.
using SynthResources = std::map<std::string, double>;

/// A module with its parameters, after elaboration. In the files between the steps its name is short_name().
struct SynthModule {
  std::string label;                 ///< name and parameters, for people
  long weight = 0;                   ///< output bits of its word-level cells
  std::map<int, int> children;       ///< index of a module -> instances in this one
  bool unit = false;                 ///< synthesized for itself
  long total_weight = 0;             ///< with all below, dissolved or not
  long unit_weight = 0;              ///< with what is dissolved into it
  SynthResources resources;          ///< of a unit
  std::map<int, int> unit_children;  ///< what synthesis left of the instances of other units in a unit
};

/// "m" and the index of a module.
std::string short_name(int index);
/// The index of a module of `count`, by its short name; -1 for any other name.
int module_index(const std::string& name, std::size_t count);

/// Reads the elaborated design, in Yosys' text form, and writes it again with short module names.
std::vector<SynthModule> rename_modules(const std::filesystem::path& source, const std::filesystem::path& destination);

/// Adds up weights from the leaves to the top and marks what is synthesized for itself.
void choose_units(std::vector<SynthModule>& modules, int top);

/// Shares the units among the processes, the heaviest first, each to the one with the least work.
std::vector<std::set<int>> share_units(const std::vector<SynthModule>& modules, unsigned processes);

}  // namespace rtlgen
