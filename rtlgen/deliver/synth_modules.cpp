#include "rtlgen/deliver/synth_modules.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <stdexcept>

#include "rtlgen/deliver/read_whole.hpp"

namespace rtlgen {
namespace {

namespace fs = std::filesystem;

/// A module whose instances in one parent together have less weight than this is dissolved into its parents.
/// Larger: closer to a flat synthesis, and slower.
constexpr long kSmallWeight = 4000;

// $paramod\NAME\A=..., $paramod$HASH\NAME or \NAME
std::string base_name(const std::string& name) {
  const std::string prefix = "$paramod";
  if (name.compare(0, prefix.size(), prefix) != 0) return name.substr(1);
  const std::size_t start = name.find('\\') + 1;
  return name.substr(start, name.find('\\', start) - start);
}

}  // namespace

std::string short_name(int index) { return "m" + std::to_string(index); }

int module_index(const std::string& name, std::size_t count) {
  if (name.size() < 2 || name.front() != 'm' || name.find_first_not_of("0123456789", 1) != std::string::npos) return -1;
  const int index = std::atoi(name.c_str() + 1);
  return index < static_cast<int>(count) ? index : -1;
}

std::vector<SynthModule> rename_modules(const fs::path& source, const fs::path& destination) {
  const std::string text = read_whole(source);
  std::map<std::string, int> index_of;
  std::vector<SynthModule> modules;
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
  SynthModule* module = nullptr;
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
  for (SynthModule& each : modules) {
    const int number = ++seen[each.label];
    if (number > 1) each.label += " #" + std::to_string(number);
  }
  return modules;
}

void choose_units(std::vector<SynthModule>& modules, int top) {
  const auto at = [&modules](int index) -> SynthModule& { return modules[static_cast<std::size_t>(index)]; };
  std::set<int> done;
  const std::function<void(int)> visit = [&](int index) {
    if (!done.insert(index).second) return;
    SynthModule& module = at(index);
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

std::vector<std::set<int>> share_units(const std::vector<SynthModule>& modules, unsigned processes) {
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

}  // namespace rtlgen
