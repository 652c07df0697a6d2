// Estimated resources of the blocks that several primitives are made of, as Yosys builds them (synth_xilinx for
// UltraScale+): it packs no register into a DSP block, and cuts off the registers of bits that nothing reads.
#pragma once

#include <cstdint>
#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// rtl_lib/delay_line.v: `bits` of `depth` clocks. A chain of three registers or more becomes shift-register LUTs.
Cost delay_line_cost(int bits, int depth);
/// What it makes of a pipeline's cost that `bits` of its registers are a delay line of `depth` clocks.
Cost delay_line_difference(long bits, int depth);
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
/// A product of DSP blocks, without registers.
Cost dsp_cost(int a_width, int b_width);
/// rtl_lib/adder_tree.v over `count` numbers of `width` bits, without registers.
Cost adder_tree_cost(int count, int width);
/// rtl_lib/max_tree.v over `count` numbers of `width` bits, without registers.
Cost max_tree_cost(int count, int width);
/// rtl_lib/max_difference.v over `count` numbers of `width` bits, some of which may be `masked`, without registers.
Cost max_difference_cost(int count, int width, bool masked);

}  // namespace rtlgen
