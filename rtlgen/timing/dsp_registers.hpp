// Flip-flops that a place and route tool moves into the DSP blocks beside them.
#pragma once

#include <map>
#include <vector>

#include "rtlgen/timing/flat_netlist.hpp"

namespace rtlgen {

/// Flip-flops directly behind a product: on every bit of it that is read, nothing else reads these bits, and all have
/// the same clock, enable and reset. They are one register of the block.
struct ProductRegisters {
  std::vector<int> first;   ///< cells; empty: there is none, or the block has registers of its own
  std::vector<int> second;  ///< the same behind the first: the first is M, these are P
};

/// What becomes of the flip-flops around DSP blocks.
struct DspRegisters {
  std::map<int, ProductRegisters> products;  ///< by cell of the DSP block
  std::vector<bool> operand;  ///< by cell: a flip-flop that nothing but operands of DSP blocks read; A or B of these
};

DspRegisters find_dsp_registers(const FlatNetlist& netlist);

/// Whether a port of a DSP block is an operand of its product.
bool is_operand_port(const std::string& port);

}  // namespace rtlgen
