// The steps of the blocks that several primitives are made of: each is the twin of a module of rtl_lib, with its steps
// in the order of its REGISTERS, and the bits in front of them.
#pragma once

#include <vector>

#include "primitives/pipeline.hpp"

namespace rtlgen {

/// rtl_lib/adder_tree.v over `count` numbers of `width` bits.
std::vector<Step> adder_tree_steps(const DeviceModel& device, int count, int width);
/// rtl_lib/max_tree.v over `count` numbers of `width` bits.
std::vector<Step> max_tree_steps(const DeviceModel& device, int count, int width);
/// rtl_lib/max_difference.v over `count` numbers of `width` bits, some of which may be `masked`.
std::vector<Step> max_difference_steps(const DeviceModel& device, int count, int width, bool masked);

/// All of `steps` behind one another.
std::vector<Step> in_a_row(std::vector<Step> steps, const std::vector<Step>& more);
/// `count` of these beside each other.
std::vector<Step> side_by_side(long count, std::vector<Step> steps);
/// `steps` whose operands are so many bits in all, where several of them share some.
std::vector<Step> of_operands(long bits, std::vector<Step> steps);
/// `steps` beside which `bits` of what they begin with wait: each register but the first holds them as well.
std::vector<Step> beside_waiting(long bits, std::vector<Step> steps);

}  // namespace rtlgen
