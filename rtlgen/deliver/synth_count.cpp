#include "rtlgen/deliver/synth_count.hpp"

#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "rtlgen/deliver/read_whole.hpp"

namespace rtlgen {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string>& resource_names() {
  static const std::vector<std::string> kNames = {"lut", "ff", "srl", "lutram", "dsp", "bram", "carry"};
  return kNames;
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

void count_cells(SynthResources& resources, const std::string& type, int count) {
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
  const std::string text = read_whole(path);
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

nlohmann::json count_or_zero(const SynthResources& resources, const std::string& name) {
  const auto entry = resources.find(name);
  const double value = entry == resources.end() ? 0 : entry->second;
  if (name == "bram") return value;
  return static_cast<long>(value);
}

}  // namespace

void take_statistics(std::vector<SynthModule>& modules, const fs::path& path) {
  const nlohmann::json all = read_statistics(path);
  for (const auto& [name, statistics] : all.items()) {
    const int index = module_index(without_backslash(name), modules.size());
    if (index < 0) continue;
    SynthModule& module = modules[static_cast<std::size_t>(index)];
    for (const auto& [type, count] : statistics.at("num_cells_by_type").items()) {
      const int child = module_index(without_backslash(type), modules.size());
      if (child >= 0) {
        module.unit_children[child] += count.get<int>();
      } else {
        count_cells(module.resources, without_backslash(type), count.get<int>());
      }
    }
  }
}

nlohmann::json sum_up(const std::vector<SynthModule>& modules, int top) {
  std::map<int, long> instances;
  const std::function<void(int, long)> visit = [&](int index, long count) {
    instances[index] += count;
    for (const auto& [child, times] : modules[static_cast<std::size_t>(index)].unit_children) {
      visit(child, count * times);
    }
  };
  visit(top, 1);

  SynthResources total;
  nlohmann::json by_module = nlohmann::json::object();
  for (const auto& [index, count] : instances) {
    const SynthModule& module = modules[static_cast<std::size_t>(index)];
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

}  // namespace rtlgen
