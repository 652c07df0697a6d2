// What is known of a device: how much it has, and how fast that is.
#pragma once

#include <string>

namespace rtlgen {

/// The simple delay model of a device, in ps. Used where registers are placed and where a netlist is timed.
struct Delays {
  int clock_to_out = 0;  ///< a flip-flop, from the clock's edge to its output
  int setup = 0;         ///< a flip-flop
  int net = 0;           ///< between two cells
  int lut = 0;           ///< a LUT, or what the device has in its place
  int carry_in = 0;      ///< from the LUTs of a carry chain into it
  int carry4 = 0;        ///< four bits of a carry chain
  int carry_out = 0;     ///< out of a carry chain
  int dsp = 0;           ///< a DSP block without registers inside, operands to product
  int dsp_multiply = 0;  ///< operands to the register in the middle of a DSP block (M)
  int dsp_add = 0;       ///< from there to the product (P), with that register's clock to output
  int lutram = 0;        ///< a memory or shift register of LUTs, from its clock or its address to its output
  int bram_out = 0;      ///< a block RAM, from the clock's edge to its output
  int register_net = 0;  ///< from a LUT or a carry chain to the flip-flop behind it
  int margin = 0;        ///< kept free in every clock: skew and jitter
};

/// A part. Sizes are 0 where only the delays of its family are known.
struct Device {
  std::string name;    ///< without package and speed grade
  std::string family;  ///< what Yosys is told: xcup, xcu or xc7
  long lut = 0;
  long ff = 0;
  long dsp = 0;
  long bram = 0;  ///< blocks of 36 kbit
  long uram = 0;  ///< blocks of 288 kbit
  int slrs = 0;   ///< dies
  Delays delays;

  bool sizes_known() const { return lut > 0; }
};

}  // namespace rtlgen
