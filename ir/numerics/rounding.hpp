// The one definition of rounding and overflow: what rtl_lib/requantize.v does. C++11 without dependencies.
#pragma once

#include <cmath>
#include <cstdint>

#include "ir/numerics/fixed_point.hpp"

namespace rtlgen {

/// Whether a value between two mantissas becomes the upper one. `below` of it is what lies under the binary point:
/// `half`, `more` (than a half) or neither; `odd` and `negative` are of the lower mantissa (of the value, which is the
/// same).
inline bool rounds_up(Rounding rounding, bool half, bool more, bool odd, bool negative) {
  switch (rounding) {
    case Rounding::trn:
      return false;
    case Rounding::rnd:
      return more || half;
    case Rounding::rnd_conv:
      return more || (half && odd);
    case Rounding::ceil:
      return true;
    case Rounding::trn_zero:
      return negative;
    case Rounding::away:
      return !negative;
    case Rounding::rnd_zero:
      return more || (half && negative);
    case Rounding::rnd_inf:
      return more || (half && !negative);
    case Rounding::rnd_min_inf:
      break;
  }
  return more;
}

/// Drops `shift` low bits of x (negative: appends zeros, at most kMaxShift) with rounding. Exact while the result stays
/// below 2^62.
inline std::int64_t shift_round(std::int64_t x, int shift, Rounding rounding) {
  if (shift <= 0) {
    return x == 0 ? 0 : x * (std::int64_t{1} << -shift);
  }
  if (shift > 62) {  // nothing but the sign is left: x lies just beside 0
    return x == 0 ? 0 : (x < 0 ? -1 : 0) + (rounds_up(rounding, false, x < 0, x < 0, x < 0) ? 1 : 0);
  }
  const std::int64_t floored = x >> shift;
  const std::int64_t half = std::int64_t{1} << (shift - 1);
  const std::int64_t dropped = x & ((std::int64_t{1} << shift) - 1);
  const bool up = dropped != 0 && rounds_up(rounding, dropped == half, dropped > half, (floored & 1) != 0, floored < 0);
  return floored + (up ? 1 : 0);
}

/// The whole number that x, of magnitude below 2^51, is rounded to.
inline double round_real(double x, Rounding rounding) {
  const double floored = std::floor(x);
  const double dropped = x - floored;
  const bool odd = floored != 2 * std::floor(floored / 2);
  const bool up = dropped != 0 && rounds_up(rounding, dropped == 0.5, dropped > 0.5, odd, floored < 0);
  return floored + (up ? 1.0 : 0.0);
}

/// x, or the end of [low, high] that it lies beyond.
template <typename T>
T limit(T x, T low, T high) {
  return x < low ? low : (x > high ? high : x);
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
  return limit(x, quantizer.lowest(), format.max());
}

/// The mantissa in `quantizer`'s format of x * 2^-frac; relu first turns negative x into 0.
inline std::int64_t requantize(std::int64_t x, int frac, const Quantizer& quantizer, bool relu = false) {
  return overflow(shift_round(relu && x < 0 ? 0 : x, frac - quantizer.format.frac(), quantizer.rounding), quantizer);
}

/// The same on a real number: the mantissa of the rounded and limited x.
inline std::int64_t quantize_real(double x, const Quantizer& quantizer) {
  const double scaled = std::ldexp(x, quantizer.format.frac());
  // Beyond this everything saturates, or (wrap) means nothing; it keeps the conversion to an integer defined.
  const double limited = scaled < -1152921504606846976.0
                             ? -1152921504606846976.0
                             : (scaled > 1152921504606846976.0 ? 1152921504606846976.0 : scaled);
  return overflow(static_cast<std::int64_t>(round_real(limited, quantizer.rounding)), quantizer);
}

}  // namespace rtlgen
