// The type of a tensor in the integer IR.
#pragma once

#include <vector>

#include "ir/numerics/format.hpp"
#include "ir/numerics/interval.hpp"

namespace rtlgen {

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
  /// Wires of a beat of so many tokens.
  int beat_bits(int lanes) const { return lanes * features * width; }
};

/// Tensors hold integers in doubles, with room for a rounding half: |mantissa| < 2^51.
constexpr int kMaxTensorWidth = 52;

/// Type of a tensor whose elements have just been quantized: the bus is as wide as the format, one more if it is
/// unsigned.
TensorType quantized_type(int tokens, int features, const Quantizer& quantizer);
/// Type of an exact tensor: the bus is as wide as the widest feature.
TensorType exact_type(int tokens, int frac, std::vector<Interval> intervals);

}  // namespace rtlgen
