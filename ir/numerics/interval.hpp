// Ranges of whole numbers: what a mantissa can be.
#pragma once

#include <cstdint>

namespace rtlgen {

/// Mantissas that can occur, both ends included.
struct Interval {
  std::int64_t lo = 0;
  std::int64_t hi = 0;

  bool operator==(const Interval& other) const { return lo == other.lo && hi == other.hi; }
};

/// Bits of the narrowest two's complement number that holds every mantissa of the interval (at least 1).
int signed_width(const Interval& interval);
/// Smallest interval that holds both.
Interval hull(const Interval& a, const Interval& b);
/// Sums, and products with a constant, of what the intervals hold; ends are kept within +-2^62.
Interval operator+(const Interval& a, const Interval& b);
Interval operator*(std::int64_t factor, const Interval& a);

}  // namespace rtlgen
