// How long logic takes on a device, and how much of it fits between two registers at a clock.
#pragma once

#include <string>

#include "rtlgen/device/device.hpp"

namespace rtlgen {

/// A device at a clock. All results are picoseconds, the net in front of the logic among them.
struct DeviceModel {
  Delays delays;
  int budget = 0;         ///< nets and logic that fit between two registers
  double dsp_luts = 140;  ///< a DSP block stands where it saves more LUTs than that

  /// An adder, subtractor or carry of `width` bits.
  int adder(int width) const;
  /// `levels` LUTs in a row.
  int luts(int levels) const;
  /// An AND or OR of `bits`.
  int gate(int bits) const;
  /// A table of 2^`address` entries.
  int table(int address) const;
  /// A choice of one of `count`, or a shift by 0 to `count` - 1 places.
  int choice(int count) const;
  /// The larger of two numbers of `width` bits.
  int maximum(int width) const;
  /// The number of zeros on top of `width` bits.
  int leading_zeros(int width) const;
  /// When the end of a chain of so many registers is there: three or more are a shift register of LUTs, which is
  /// slower.
  int behind_registers(int clocks) const;
  /// Adders of `width` bits that fit between two registers, at least 1.
  int adders(int width) const;
};

/// Model of a device (find_device()) at `clock_mhz`. Throws std::invalid_argument on unknown names.
DeviceModel device_model(const std::string& device, double clock_mhz);

}  // namespace rtlgen
