// Where registers stand in a row of steps of logic.
#pragma once

#include <string>
#include <vector>

#include "primitives/device_model.hpp"
#include "primitives/time.hpp"
#include "rtlgen/netlist/cell.hpp"
#include "rtlgen/netlist/cost.hpp"

namespace rtlgen {

/// One step of a unit's logic: what never has a register inside.
struct Step {
  int delay = 0;  ///< picoseconds
  long bits = 0;  ///< of data in front of it, which a register there holds
};

/// The steps of a module of rtl_lib, in the order in which data passes them, and its parameter whose bit i puts a
/// register in front of step i.
struct Section {
  std::string parameter;
  std::vector<Step> steps;
};

/// A row of steps with its registers: as few as the clock allows, the last of them as late as possible, and among
/// such rows one in which registers hold the fewest bits.
class Pipeline {
 public:
  /// Data comes at `start`, at the end of its clock if that is later. A step that takes longer than the clock gets a
  /// clock of its own.
  Pipeline(const DeviceModel& device, Time start, std::vector<Section> sections);

  /// Whether logic stands in front of the first register: a unit does not register its operands.
  bool fits() const;
  Time start() const { return start_; }
  Time end() const { return end_; }
  int latency() const { return end_.clock - start_.clock; }
  /// Registers in front of the steps of the first `sections` sections, and of the first `steps` of the next.
  int latency(std::size_t sections, std::size_t steps = 0) const;
  /// Bits of all registers, and what they take.
  long register_bits() const;
  Cost cost() const { return {0, static_cast<double>(register_bits()), 0, 0}; }
  /// Sets the parameters of all sections.
  void set(Cell& cell) const;

 private:
  std::vector<Section> sections_;
  Time start_;
  Time end_;
  std::vector<bool> registers_;  // in front of each step of all sections
};

/// When the later of two is there.
Time later(const Time& a, const Time& b);

}  // namespace rtlgen
