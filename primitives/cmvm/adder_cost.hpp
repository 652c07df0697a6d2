// What an adder of two or three shifted operands costs.
#pragma once

#include <vector>

#include "ir/numerics/interval.hpp"

namespace rtlgen {

/// interval << shift, added or, if negative, subtracted.
struct AdderOperand {
  Interval interval;
  int shift = 0;
  bool negative = false;
};

/// LUTs (and inverters) of an adder of two or three operands, at least one of them positive. The model of docs/cmvm.md.
/// Of two: the different pairs of varying operand bits that meet in a bit of the result, and the bits that are
/// inverted. Bits that pass through cost nothing, nor does the sign bit where both operands are sign extension in the
/// bit below already. Of three: the same with what a LUT of the bit below sends besides, where three bits meet.
int adder_luts(const std::vector<AdderOperand>& operands);

/// Of (a << shift_a) + (b << shift_b), or minus.
int adder_luts(const Interval& a, int shift_a, const Interval& b, int shift_b, bool subtract);

}  // namespace rtlgen
