// Two products with a shared factor in one DSP block: twin of rtl_lib/dual_multiply.v.
#pragma once

namespace rtlgen {

/// Steps of the module, between which registers may stand: packing, multiplication, nothing (a register in front of it
/// is that inside a DSP block), giving back the borrow.
constexpr int kDualMultiplySteps = 4;

/// Whether a1 * b and a2 * b, signed numbers of so many bits, fit one DSP48E2, whose factors have 27 and 18 bits.
bool fits_dual_multiply(int a1_width, int a2_width, int b_width);

/// LUTs beside the DSP block: a2's sign is subtracted from a1. The borrow passes along a carry chain without LUTs.
int dual_multiply_luts(int a1_width);

}  // namespace rtlgen
