#include "primitives/cmvm/signed_digits.hpp"

namespace rtlgen {

std::vector<SignedDigit> canonical_signed_digits(std::int64_t value) {
  std::vector<SignedDigit> digits;
  for (int shift = 0; value != 0; ++shift, value /= 2) {
    if ((value & 1) != 0) {
      // The digit that leaves a multiple of four, so that the next one is zero.
      const bool negative = (value & 3) == 3;
      digits.push_back({shift, negative});
      value -= negative ? -1 : 1;
    }
  }
  return digits;
}

}  // namespace rtlgen
