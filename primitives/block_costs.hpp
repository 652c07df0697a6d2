// Estimated resources of the blocks that several primitives are made of, as Yosys builds them (synth_xilinx for
// UltraScale+): it packs no register into a DSP block, and cuts off the registers of bits that nothing reads.
#pragma once

#include <cstdint>
#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// rtl_lib/delay_line.v: `bits` of `depth` clocks. A chain of three registers or more becomes shift-register LUTs.
Cost delay_line_cost(int bits, int depth);
/// rtl_lib/control_delay.v of `depth` clocks.
Cost control_delay_cost(int depth);
/// rtl_lib/event_replay.v: a distributed RAM of `beats` words of `bits`, its two counters and the register behind it.
Cost event_replay_cost(int bits, int beats);
/// rtl_lib/token_bank.v: all `tokens` of `bits` each, and the beats before the last.
Cost token_bank_cost(int tokens, int lanes, int bits);
/// Lookup table of these entries, a power of two of them, of the lowest `width` bits, without a register.
Cost table_cost(const std::vector<std::int64_t>& entries, int width);
/// Lookup table of any 2^address entries of `width` bits, without a register.
Cost table_cost(int address, int width);
/// rtl_lib/multiply.v behind its operands' registers (operand_cost), less the registers of the `unread` lowest bits.
Cost multiplier_cost(int a_width, int b_width, int stages, int unread = 0);
/// Registers of `bits` of operands of multipliers; those of an operand of several multipliers are there once.
Cost operand_cost(int bits, int stages);
/// rtl_lib/adder_tree.v over `count` numbers of `width` bits, less the registers of the `unread` lowest bits of the
/// sum.
Cost adder_tree_cost(int count, int width, int levels, int unread = 0);
/// rtl_lib/dot_product.v over `count` products behind their operands' registers.
Cost dot_product_cost(int count, int a_width, int b_width, const DeviceModel& device, int unread = 0);
/// rtl_lib/max_tree.v over `count` numbers of `width` bits.
Cost max_tree_cost(int count, int width, int levels);

}  // namespace rtlgen
