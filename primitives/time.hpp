// When something is on its wires.
#pragma once

namespace rtlgen {

/// A point in time: clocks, and the logic that lies behind the last register.
struct Time {
  int clock = 0;
  int ps = 0;  ///< picoseconds of nets and logic behind the last register; 0 on the wires of a register

  bool operator==(const Time& other) const { return clock == other.clock && ps == other.ps; }
  bool operator!=(const Time& other) const { return !(*this == other); }
  bool operator<(const Time& other) const { return clock != other.clock ? clock < other.clock : ps < other.ps; }
};

}  // namespace rtlgen
