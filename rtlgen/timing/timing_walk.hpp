// The worst path of every module and of the whole, by a walk over the mapped netlist (docs/timing.md).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rtlgen/device/device.hpp"
#include "rtlgen/timing/mapped_netlist.hpp"

namespace rtlgen {

/// A path from a register or port to a register or port.
struct TimingPath {
  int delay = 0;         ///< from the clock's edge to the next, with setup, ps
  int lut_levels = 0;    ///< LUTs on it
  int carry_chains = 0;  ///< carry chains on it
  int carry4 = 0;        ///< CARRY4s on it
  int products = 0;      ///< DSP blocks without registers on it
  std::string from;
  std::string to;
};

struct TimingResult {
  std::optional<TimingPath> worst;            ///< nothing: no path at all
  std::map<std::string, TimingPath> modules;  ///< worst path that ends in a module's cells or passes through them
  std::vector<std::string> loops;             ///< nets on loops of logic, the first few of them
};

/// Walks over all of `top`, so that paths may pass from module to module. Registers in DSP blocks are chosen so that
/// the longest path is short. Throws std::runtime_error on a netlist with cells of unknown types.
TimingResult walk_timing(const MappedNetlist& netlist, const std::string& top, const Delays& delays);

}  // namespace rtlgen
