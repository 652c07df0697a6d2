// The one definition of rounding and overflow: what rtl_lib/requantize.v does.
#pragma once

#include <cmath>
#include <cstdint>

#include "ir/format.hpp"
#include "ir/tensor_type.hpp"
#include "primitives/primitive.hpp"

namespace rtlgen {

/// Farthest that two binary points may be apart.
constexpr int kMaxShift = 48;

/// Drops `shift` low bits of x (negative: appends zeros, at most kMaxShift) with rounding. Exact while the result stays
/// below 2^62.
inline std::int64_t shift_round(std::int64_t x, int shift, Rounding rounding) {
  if (shift <= 0) {
    return x == 0 ? 0 : x * (std::int64_t{1} << -shift);
  }
  if (shift > 62) {  // nothing but the sign is left
    return rounding == Rounding::trn && x < 0 ? -1 : 0;
  }
  const std::int64_t floored = x >> shift;
  if (rounding == Rounding::trn) {
    return floored;
  }
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  const std::int64_t dropped = x - (floored << shift);
  const bool up =
      rounding == Rounding::rnd ? dropped >= half : dropped > half || (dropped == half && (floored & 1) != 0);
  return floored + (up ? 1 : 0);
}

/// Brings a rounded mantissa into the range of the format.
inline std::int64_t overflow(std::int64_t x, const Quantizer& quantizer) {
  const Format& format = quantizer.format;
  if (quantizer.overflow == Overflow::wrap) {
    const std::uint64_t mask = (std::uint64_t{1} << format.width) - 1;
    const auto low = static_cast<std::uint64_t>(x) & mask;
    const bool negative = format.is_signed && (low >> (format.width - 1) & 1U) != 0;
    return static_cast<std::int64_t>(negative ? low | ~mask : low);
  }
  return x < quantizer.lowest() ? quantizer.lowest() : (x > format.max() ? format.max() : x);
}

/// The mantissa in `quantizer`'s format of x * 2^-frac; relu first turns negative x into 0.
inline std::int64_t requantize(std::int64_t x, int frac, const Quantizer& quantizer, bool relu = false) {
  return overflow(shift_round(relu && x < 0 ? 0 : x, frac - quantizer.format.frac(), quantizer.rounding), quantizer);
}

/// The same on every element, in place, in doubles: exact for |x| < 2^51.
void requantize(Mantissas& x, int frac, const Quantizer& quantizer, bool relu = false);
/// The same on real numbers: the mantissa of the rounded and limited x.
std::int64_t quantize_real(double x, const Quantizer& quantizer);

/// What can come out of a requantizer.
Interval requantize(const Interval& x, int frac, const Quantizer& quantizer, bool relu = false);
/// Type of a tensor of exact type `exact` behind a requantizer.
TensorType requantized_type(const TensorType& exact, const Quantizer& quantizer, bool relu = false);

/// Levels of logic of a requantizer: a rounding adder and a limiter, where they are needed.
int requantize_levels(int frac, const Quantizer& quantizer);
/// Estimated logic of one requantizer.
Cost requantize_cost(int input_width, int frac, const Quantizer& quantizer);

}  // namespace rtlgen
