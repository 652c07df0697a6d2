#include "rtlgen/deliver/synth.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "rtlgen/deliver/cosim.hpp"
#include "rtlgen/files/process.hpp"
#include "rtlgen/files/text_file.hpp"

namespace rtlgen {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kTimeout{3600};

/// A module whose instances in one parent together have less weight than this is dissolved into its parents.
/// Larger: closer to a flat synthesis, and slower.
constexpr long kSmallWeight = 4000;

/// Processes side by side, at most. Each takes some hundred MB.
constexpr unsigned kMaxProcesses = 4;

/// Adders become $alu cells, each for itself. Else Yosys merges a tree of adders without registers between them into
/// one $macc cell, which it maps to several times as many LUTs as the adders need.
constexpr const char* kAdderMap = R"((* techmap_celltype = "$add $sub" *)
module rtlgen_adder (A, B, Y);
  parameter A_SIGNED = 0;
  parameter B_SIGNED = 0;
  parameter A_WIDTH = 1;
  parameter B_WIDTH = 1;
  parameter Y_WIDTH = 1;
  parameter _TECHMAP_CELLTYPE_ = "";

  input [A_WIDTH-1:0] A;
  input [B_WIDTH-1:0] B;
  output [Y_WIDTH-1:0] Y;

  wire [Y_WIDTH-1:0] X;
  wire [Y_WIDTH-1:0] CO;
  wire subtract = _TECHMAP_CELLTYPE_ == "$sub";

  \$alu #(
    .A_SIGNED(A_SIGNED && B_SIGNED),
    .B_SIGNED(A_SIGNED && B_SIGNED),
    .A_WIDTH(A_WIDTH),
    .B_WIDTH(B_WIDTH),
    .Y_WIDTH(Y_WIDTH)
  ) _TECHMAP_REPLACE_ (.A(A), .B(B), .CI(subtract), .BI(subtract), .X(X), .Y(Y), .CO(CO));
endmodule
)";

const std::vector<std::string>& resource_names() {
  static const std::vector<std::string> kNames = {"lut", "ff", "srl", "lutram", "dsp", "bram", "carry"};
  return kNames;
}

/// Cells of one module, by resource.
using Resources = std::map<std::string, double>;

/// A module with its parameters, after elaboration. In the files between the steps its name is "m" and its index.
struct Module {
  std::string label;                 ///< name and parameters, for people
  long weight = 0;                   ///< output bits of its word-level cells
  std::map<int, int> children;       ///< index of a module -> instances in this one
  bool unit = false;                 ///< synthesized for itself
  long total_weight = 0;             ///< with all below, dissolved or not
  long unit_weight = 0;              ///< with what is dissolved into it
  Resources resources;               ///< of a unit
  std::map<int, int> unit_children;  ///< what synthesis left of the instances of other units in a unit
};

std::string short_name(int index) { return "m" + std::to_string(index); }

std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void run_yosys(const fs::path& directory, const fs::path& script) {
  Command command;
  command.arguments = {"yosys", "-Q", "-s", script.string()};
  command.directory = directory;
  command.log = fs::path(script).replace_extension(".log");
  command.timeout = kTimeout;
  run_checked(command);
}

std::string yosys_version(const fs::path& work) {
  Command command;
  command.arguments = {"yosys", "-V"};
  command.log = work / "version.log";
  run_checked(command);
  std::istringstream words(file_tail(command.log, 1));
  std::string name;
  std::string version;
  words >> name >> version;
  return "yosys " + version;
}

// $paramod\NAME\A=..., $paramod$HASH\NAME or \NAME
std::string base_name(const std::string& name) {
  const std::string prefix = "$paramod";
  if (name.compare(0, prefix.size(), prefix) != 0) return name.substr(1);
  const std::size_t start = name.find('\\') + 1;
  return name.substr(start, name.find('\\', start) - start);
}

// Reads the elaborated design, in Yosys' text form, and writes it again with short module names.
std::vector<Module> rename_modules(const fs::path& source, const fs::path& destination) {
  const std::string text = read_file(source);
  std::map<std::string, int> index_of;
  std::vector<Module> modules;
  const auto for_each_line = [&text](const std::function<void(const std::string&)>& visit) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) visit(line);
  };

  for_each_line([&](const std::string& line) {
    if (line.compare(0, 7, "module ") != 0) return;
    const std::string name = line.substr(7);
    index_of.emplace(name, static_cast<int>(modules.size()));
    modules.emplace_back();
    modules.back().label = base_name(name);
  });

  std::ofstream file(destination);
  Module* module = nullptr;
  std::string parameters;
  for_each_line([&](const std::string& line) {
    std::istringstream words(line);
    std::string keyword;
    std::string name;
    std::string value;
    words >> keyword >> name >> value;
    if (line.compare(0, 7, "module ") == 0) {
      const int index = index_of.at(name);
      module = &modules[static_cast<std::size_t>(index)];
      parameters.clear();
      file << "module \\" << short_name(index) << '\n';
      return;
    }
    if (line == "end" && !parameters.empty()) module->label += "(" + parameters + ")";
    if (keyword == "cell" && index_of.count(name) != 0) {
      const int child = index_of.at(name);
      ++module->children[child];
      file << "  cell \\" << short_name(child) << ' ' << value << '\n';
      return;
    }
    if (keyword == "parameter" && line.compare(0, 4, "    ") == 0) {  // of a cell
      if (name == "\\Y_WIDTH" || name == "\\WIDTH") module->weight += std::atol(value.c_str());
    } else if (keyword == "parameter" && value.size() < 12 && value.find('\'') == std::string::npos) {
      // Of the module; tables are left out.
      parameters += (parameters.empty() ? "" : ", ") + name.substr(1) + "=" + value;
    }
    file << line << '\n';
  });
  if (!file.flush()) throw std::runtime_error("cannot write " + destination.string());

  std::map<std::string, int> seen;  // modules that differ only in their tables
  for (Module& each : modules) {
    const int number = ++seen[each.label];
    if (number > 1) each.label += " #" + std::to_string(number);
  }
  return modules;
}

// Adds up weights from the leaves to the top and marks what is synthesized for itself.
void choose_units(std::vector<Module>& modules, int top) {
  const auto at = [&modules](int index) -> Module& { return modules[static_cast<std::size_t>(index)]; };
  std::set<int> done;
  const std::function<void(int)> visit = [&](int index) {
    if (!done.insert(index).second) return;
    Module& module = at(index);
    module.total_weight = module.weight;
    for (const auto& [child, count] : module.children) {
      visit(child);
      module.total_weight += count * at(child).total_weight;
      if (count * at(child).total_weight > kSmallWeight) at(child).unit = true;
    }
  };
  visit(top);
  at(top).unit = true;

  const std::function<long(int)> own_weight = [&](int index) {
    long weight = at(index).weight;
    for (const auto& [child, count] : at(index).children) {
      if (!at(child).unit) weight += count * own_weight(child);
    }
    return weight;
  };
  for (std::size_t i = 0; i < modules.size(); ++i) {
    if (modules[i].unit) modules[i].unit_weight = own_weight(static_cast<int>(i));
  }
}

// Shares the units among the processes, the heaviest first, each to the one with the least work.
std::vector<std::set<int>> share_units(const std::vector<Module>& modules, unsigned processes) {
  std::vector<int> order;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    if (modules[i].unit) order.push_back(static_cast<int>(i));
  }
  const auto weight = [&modules](int index) { return modules[static_cast<std::size_t>(index)].unit_weight; };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return weight(a) > weight(b); });

  std::vector<std::set<int>> groups(std::min<std::size_t>(processes, order.size()));
  std::vector<long> load(groups.size(), 0);
  for (const int index : order) {
    const auto lightest = static_cast<std::size_t>(std::min_element(load.begin(), load.end()) - load.begin());
    groups[lightest].insert(index);
    load[lightest] += weight(index) + 1;
  }
  return groups;
}

// The script that synthesizes the units of one group. Instances of other units stay, as black boxes.
std::string group_script(const std::vector<Module>& modules, const std::set<int>& group, const std::string& family,
                         const fs::path& work, const fs::path& statistics) {
  std::set<int> dissolved;
  std::set<int> boxes;
  const std::function<void(int)> visit = [&](int index) {
    for (const auto& [child, count] : modules[static_cast<std::size_t>(index)].children) {
      static_cast<void>(count);
      if (group.count(child) != 0) continue;
      if (modules[static_cast<std::size_t>(child)].unit) {
        boxes.insert(child);
      } else if (dissolved.insert(child).second) {
        visit(child);
      }
    }
  };
  for (const int index : group) visit(index);

  std::string box_list;
  std::string unit_list;
  std::string dissolved_list;
  std::string delete_list;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const auto index = static_cast<int>(i);
    std::string& list = group.count(index) != 0       ? unit_list
                        : boxes.count(index) != 0     ? box_list
                        : dissolved.count(index) != 0 ? dissolved_list
                                                      : delete_list;
    list += " " + short_name(index);
  }

  const std::string synthesis = "synth_xilinx -noiopad -noclkbuf -family " + family + " -run ";
  std::ostringstream script;
  script << "read_verilog -lib -specify +/xilinx/cells_sim.v\n"
         << "read_verilog -lib +/xilinx/cells_xtra.v\n"
         << "read_rtlil " << (work / "design.il").string() << '\n';
  if (!box_list.empty()) script << "blackbox" << box_list << '\n';
  if (!delete_list.empty()) script << "delete" << delete_list << '\n';
  script << "setattr -mod -set keep_hierarchy 1" << unit_list << '\n' << "flatten\n";
  if (!dissolved_list.empty()) script << "delete" << dissolved_list << '\n';
  script << synthesis << "prepare:coarse\n"
         << "techmap -map " << (work / "adder_map.v").string() << '\n'
         << synthesis << "coarse:check\n"
         << "tee -q -o " << statistics.string() << " stat -json\n";
  return script.str();
}

// LUTs of a distributed-RAM cell.
double lutram_size(const std::string& type) {
  static const std::map<std::string, double> kSizes = {
      {"RAM16X1D", 2}, {"RAM32X1D", 2},  {"RAM64X1D", 2},  {"RAM128X1D", 4},  {"RAM256X1D", 8}, {"RAM32X1S", 1},
      {"RAM64X1S", 1}, {"RAM128X1S", 2}, {"RAM256X1S", 4}, {"RAM512X1S", 8},  {"RAM32M", 4},    {"RAM64M", 4},
      {"RAM32M16", 8}, {"RAM64M8", 8},   {"RAM64X8SW", 8}, {"RAM32X16DR8", 8}};
  const std::string plain = type.substr(0, type.find("_1"));
  const auto size = kSizes.find(plain);
  return size == kSizes.end() ? 1 : size->second;
}

bool starts_with(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

void count_cells(Resources& resources, const std::string& type, int count) {
  if ((starts_with(type, "LUT") && type.size() == 4) || type == "INV") {
    resources["lut"] += count;
  } else if (starts_with(type, "FD")) {
    resources["ff"] += count;
  } else if (starts_with(type, "SRL")) {
    resources["srl"] += count;
  } else if (starts_with(type, "DSP48")) {
    resources["dsp"] += count;
  } else if (starts_with(type, "RAMB36")) {
    resources["bram"] += count;
  } else if (starts_with(type, "RAMB18")) {
    resources["bram"] += 0.5 * count;
  } else if (starts_with(type, "RAM")) {
    resources["lutram"] += count * lutram_size(type);
  } else if (starts_with(type, "CARRY")) {
    resources["carry"] += count;
  } else if (!starts_with(type, "MUXF")) {  // these come with their LUTs
    throw std::runtime_error("synthesis left a cell of type " + type + ", which is no resource that is counted");
  }
}

// Reads what `stat -json` says of each module. Version 0.23 leaves the file without its end, so only the value of
// "modules" is taken.
nlohmann::json read_statistics(const fs::path& path) {
  const std::string text = read_file(path);
  const std::size_t key = text.find("\"modules\"");
  const std::size_t start = key == std::string::npos ? key : text.find('{', key);
  if (start == std::string::npos) throw std::runtime_error(path.string() + " has no statistics");
  std::size_t end = start;
  for (int depth = 0; end < text.size(); ++end) {
    if (text[end] == '{') ++depth;
    if (text[end] == '}' && --depth == 0) break;
  }
  return nlohmann::json::parse(text.substr(start, end - start + 1));
}

std::string without_backslash(const std::string& name) { return name.front() == '\\' ? name.substr(1) : name; }

void take_statistics(std::vector<Module>& modules, const fs::path& path) {
  const auto module_index = [&modules](const std::string& name) {
    if (name.size() < 2 || name.front() != 'm' || name.find_first_not_of("0123456789", 1) != std::string::npos) {
      return -1;
    }
    const int index = std::atoi(name.c_str() + 1);
    return index < static_cast<int>(modules.size()) ? index : -1;
  };
  const nlohmann::json all = read_statistics(path);
  for (const auto& [name, statistics] : all.items()) {
    const int index = module_index(without_backslash(name));
    if (index < 0) continue;
    Module& module = modules[static_cast<std::size_t>(index)];
    for (const auto& [type, count] : statistics.at("num_cells_by_type").items()) {
      const int child = module_index(without_backslash(type));
      if (child >= 0) {
        module.unit_children[child] += count.get<int>();
      } else {
        count_cells(module.resources, without_backslash(type), count.get<int>());
      }
    }
  }
}

nlohmann::json count_or_zero(const Resources& resources, const std::string& name) {
  const auto entry = resources.find(name);
  const double value = entry == resources.end() ? 0 : entry->second;
  if (name == "bram") return value;
  return static_cast<long>(value);
}

nlohmann::json sum_up(const std::vector<Module>& modules, int top) {
  std::map<int, long> instances;
  const std::function<void(int, long)> visit = [&](int index, long count) {
    instances[index] += count;
    for (const auto& [child, times] : modules[static_cast<std::size_t>(index)].unit_children) {
      visit(child, count * times);
    }
  };
  visit(top, 1);

  Resources total;
  nlohmann::json by_module = nlohmann::json::object();
  for (const auto& [index, count] : instances) {
    const Module& module = modules[static_cast<std::size_t>(index)];
    nlohmann::json entry = {{"instances", count}};
    for (const std::string& name : resource_names()) entry[name] = count_or_zero(module.resources, name);
    for (const auto& [name, value] : module.resources) total[name] += static_cast<double>(count) * value;
    // A module without any cell is wiring.
    if (!module.resources.empty()) by_module[module.label] = entry;
  }
  nlohmann::json result;
  for (const std::string& name : resource_names()) result[name] = count_or_zero(total, name);
  result["modules"] = by_module;
  return result;
}

}  // namespace

nlohmann::json synthesize(const fs::path& out, const std::string& family) {
  if (family != "xcup" && family != "xc7") throw std::runtime_error("synthesis knows xcup and xc7, not " + family);
  if (!find_program("yosys")) throw std::runtime_error("synthesis needs yosys, which is not in PATH");
  const fs::path root = fs::absolute(out);
  const fs::path list = find_file_list(root);
  const fs::path work = root / "synth";
  fs::remove_all(work);
  fs::create_directories(work);

  std::ostringstream elaborate;
  std::istringstream sources(read_file(list));
  for (std::string source; std::getline(sources, source);) {
    if (!source.empty()) elaborate << "read_verilog " << source << '\n';
  }
  elaborate << "hierarchy -check -top " << list.stem().string() << '\n'
            << "proc\n"
            << "setattr -mod -unset top A:top\n"
            << "write_rtlil " << (work / "elaborated.il").string() << '\n';
  write_file(work / "elaborate.ys", elaborate.str());
  run_yosys(root, work / "elaborate.ys");

  std::vector<Module> modules = rename_modules(work / "elaborated.il", work / "design.il");
  const auto found = std::find_if(modules.begin(), modules.end(),
                                  [&](const Module& module) { return module.label == list.stem().string(); });
  if (found == modules.end()) throw std::runtime_error("elaboration lost the top module " + list.stem().string());
  const auto top = static_cast<int>(found - modules.begin());
  choose_units(modules, top);
  write_file(work / "adder_map.v", kAdderMap);

  const unsigned processes = std::clamp(std::thread::hardware_concurrency(), 1U, kMaxProcesses);
  std::vector<fs::path> statistics;
  std::vector<std::future<void>> running;
  for (const std::set<int>& group : share_units(modules, processes)) {
    const std::string name = "group_" + std::to_string(statistics.size());
    const fs::path script = work / (name + ".ys");
    statistics.push_back(work / (name + ".json"));
    write_file(script, group_script(modules, group, family, work, statistics.back()));
    running.push_back(std::async(std::launch::async, run_yosys, work, script));
  }
  for (std::future<void>& each : running) each.wait();
  for (std::future<void>& each : running) each.get();
  for (const fs::path& path : statistics) take_statistics(modules, path);

  nlohmann::json result = sum_up(modules, top);
  result["family"] = family;
  result["tool"] = yosys_version(work);
  return result;
}

}  // namespace rtlgen
