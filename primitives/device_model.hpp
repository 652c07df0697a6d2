// How much logic fits between two registers: the delay model of a device at a clock.
#pragma once

#include <string>

namespace rtlgen {

/// Pipeline depths that follow from device and clock. A level is one adder, comparator or LUT multiplexer with its
/// routing; an adder of three operands takes two (kTernaryLevels in primitives/cmvm/adder_graph.hpp).
struct DeviceModel {
  int levels = 2;        ///< levels between two registers (RTL parameter LEVELS), at least 1
  int mul_stages = 2;    ///< registers of a multiplier (RTL parameter MUL_STAGES), 1 to 3
  int table_stages = 2;  ///< registers of a table followed by a shift (EXP_STAGES, RECIP_STAGES), 1 or 2
};

/// Model of a device family at `clock_mhz`. Families are told by prefix: xcvu/xcku/xczu/xck (UltraScale+), xc7 (7
/// series); throws std::invalid_argument on any other name.
DeviceModel device_model(const std::string& device, double clock_mhz);

}  // namespace rtlgen
