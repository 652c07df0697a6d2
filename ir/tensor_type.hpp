// The type of a tensor in the integer IR.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/format.hpp"

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

/// Shape [tokens, features] per event; mantissas m stand for m * 2^-frac. On a bus every element is a signed number of
/// `width` bits.
struct TensorType {
  int tokens = 1;
  int features = 1;
  int frac = 0;
  int width = 1;
  std::vector<Interval> intervals;  ///< one per feature

  /// Smallest interval that holds all features.
  Interval range() const;
};

/// Tensors hold integers in doubles, with room for a rounding half: |mantissa| < 2^51.
constexpr int kMaxTensorWidth = 52;

/// Type of a tensor whose elements have just been quantized: the bus is as wide as the format, one more if it is
/// unsigned.
TensorType quantized_type(int tokens, int features, const Quantizer& quantizer);
/// Type of an exact tensor: the bus is as wide as the widest feature.
TensorType exact_type(int tokens, int frac, std::vector<Interval> intervals);

}  // namespace rtlgen
