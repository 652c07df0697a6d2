// Modules as synthesis leaves them: cells of a device and the nets between them.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace rtlgen {

/// In the place of a net: a constant, or nothing.
constexpr int kNoNet = -1;

/// A bit of a port of a cell.
struct MappedPin {
  std::string port;
  int index = 0;  ///< bit of the port
  int net = kNoNet;
  bool output = false;
};

struct MappedCell {
  std::string name;
  std::string type;  ///< a primitive of the device, or a module
  std::vector<MappedPin> pins;
  std::map<std::string, int> registers;  ///< of a DSP block: AREG, MREG, PREG and so on, where they are given
};

struct MappedPort {
  std::string name;
  bool output = false;
  std::vector<int> nets;
};

struct MappedModule {
  std::vector<MappedPort> ports;
  std::vector<MappedCell> cells;
  std::vector<std::string> net_names;  ///< by net, with the index of the bit: `sum[3]`; may be empty
};

/// Modules by name.
using MappedNetlist = std::map<std::string, MappedModule>;

/// Adds the modules of a file of Yosys' `json` or `write_json` that are not black boxes. Throws std::runtime_error
/// where it is none.
void add_mapped_modules(const nlohmann::json& design, MappedNetlist& netlist);

}  // namespace rtlgen
