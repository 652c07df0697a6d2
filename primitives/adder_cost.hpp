// What an adder of two shifted operands costs.
#pragma once

#include "ir/tensor_type.hpp"

namespace rtlgen {

/// LUTs (and inverters) of (a << shift_a) + (b << shift_b), or minus: the different pairs of varying operand bits that
/// meet in a bit of the result, and the bits that are inverted. Bits that pass through cost nothing, nor does the sign
/// bit where both operands are sign extension in the bit below already. The model of docs/cmvm.md.
int adder_luts(const Interval& a, int shift_a, const Interval& b, int shift_b, bool subtract);

}  // namespace rtlgen
