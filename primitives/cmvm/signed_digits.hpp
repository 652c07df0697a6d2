// Numbers as sums and differences of powers of two.
#pragma once

#include <cstdint>
#include <vector>

namespace rtlgen {

/// A power of two, added or subtracted.
struct SignedDigit {
  int shift = 0;
  bool negative = false;
};

/// `value` in canonical signed digit form (Avizienis 1961), which has the fewest digits and no two neighbours.
std::vector<SignedDigit> canonical_signed_digits(std::int64_t value);

}  // namespace rtlgen
