#include "primitives/dual_multiply.hpp"

namespace rtlgen {
namespace {

/// Factors of a DSP48E2, signed.
constexpr int kWideFactor = 27;
constexpr int kNarrowFactor = 18;
/// Products of fewer bits Yosys makes of LUTs.
constexpr int kLeastDspProduct = 9;

}  // namespace

bool fits_dual_multiply(int a1_width, int a2_width, int b_width) {
  if (a1_width < 1 || a2_width < 1 || b_width < 2 || b_width > kNarrowFactor) {
    return false;
  }
  // a2 * b below, a1 above, and a bit for the least a1 with a negative a2.
  const int packed = a1_width + a2_width + b_width + 1;
  return packed <= kWideFactor && packed + b_width >= kLeastDspProduct;
}

int dual_multiply_luts(int a1_width) { return a1_width; }

}  // namespace rtlgen
