#include "rtlgen/timing/mapped_netlist.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace rtlgen {
namespace {

using nlohmann::json;

/// Nets of a list of bits: numbers, or constants as text.
std::vector<int> nets_of(const json& bits) {
  std::vector<int> nets;
  for (const json& bit : bits) {
    nets.push_back(bit.is_number() ? bit.get<int>() : kNoNet);
  }
  return nets;
}

/// The name of every net: the shortest of those that people gave, else the shortest.
class NetNames {
 public:
  explicit NetNames(const json& netnames) {
    for (const auto& [name, entry] : netnames.items()) {
      const std::vector<int> nets = nets_of(entry.at("bits"));
      const bool hidden = entry.value("hide_name", 0) != 0;
      for (std::size_t i = 0; i < nets.size(); ++i) {
        add(nets[i], hidden, nets.size() == 1 ? name : name + "[" + std::to_string(i) + "]");
      }
    }
  }

  std::vector<std::string> take() { return std::move(names_); }

 private:
  void add(int net, bool hidden, std::string name) {
    if (net < 0) {
      return;
    }
    const auto at = static_cast<std::size_t>(net);
    if (at >= names_.size()) {
      names_.resize(at + 1);
      hidden_.resize(at + 1, true);
    }
    std::string& known = names_[at];
    const bool better =
        known.empty() || (hidden_[at] && !hidden) || (hidden_[at] == hidden && name.size() < known.size());
    if (better) {
      known = std::move(name);
      hidden_[at] = hidden;
    }
  }

  std::vector<std::string> names_;
  std::vector<bool> hidden_;
};

/// A parameter in Yosys' form, binary digits.
int binary(const json& value) {
  const auto text = value.get<std::string>();
  return text.find_first_not_of("01") == std::string::npos ? static_cast<int>(std::stoul("0" + text, nullptr, 2)) : 0;
}

MappedCell cell_of(const std::string& name, const json& entry) {
  MappedCell cell;
  cell.name = name;
  cell.type = entry.at("type");
  const json& directions = entry.at("port_directions");
  for (const auto& [port, bits] : entry.at("connections").items()) {
    const bool output = directions.at(port) == "output";
    const std::vector<int> nets = nets_of(bits);
    for (std::size_t i = 0; i < nets.size(); ++i) {
      if (nets[i] != kNoNet) {
        cell.pins.push_back({port, static_cast<int>(i), nets[i], output});
      }
    }
  }
  if (cell.type.rfind("DSP", 0) == 0) {
    for (const auto& [key, value] : entry.at("parameters").items()) {
      if (key.size() >= 4 && key.compare(key.size() - 3, 3, "REG") == 0) {
        cell.registers[key] = binary(value);
      }
    }
  }
  return cell;
}

MappedModule module_of(const json& entry) {
  MappedModule module;
  for (const auto& [name, port] : entry.at("ports").items()) {
    module.ports.push_back({name, port.at("direction") == "output", nets_of(port.at("bits"))});
  }
  int nets = 0;
  for (const MappedPort& port : module.ports) {
    for (const int net : port.nets) {
      nets = std::max(nets, net + 1);
    }
  }
  for (const auto& [name, cell] : entry.at("cells").items()) {
    module.cells.push_back(cell_of(name, cell));
    for (const MappedPin& pin : module.cells.back().pins) {
      nets = std::max(nets, pin.net + 1);
    }
  }
  module.net_names = NetNames(entry.at("netnames")).take();
  module.net_names.resize(std::max(module.net_names.size(), static_cast<std::size_t>(nets)));
  return module;
}

}  // namespace

void add_mapped_modules(const json& design, MappedNetlist& netlist) {
  try {
    for (const auto& [name, entry] : design.at("modules").items()) {
      const json attributes = entry.value("attributes", json::object());
      if (!attributes.contains("blackbox") && !attributes.contains("whitebox")) {
        netlist[name] = module_of(entry);
      }
    }
  } catch (const json::exception& error) {
    throw std::runtime_error(std::string("no netlist of Yosys: ") + error.what());
  }
}

}  // namespace rtlgen
