// Rounding and overflow of many numbers at once: rounding.hpp in a loop for each mode. C++11 without dependencies.
#pragma once

#include <cmath>
#include <cstddef>

#include "ir/numerics/rounding.hpp"

namespace rtlgen {

/// Rounds `count` whole numbers of magnitude below 2^51, times `scale`, a power of two, to whole ones, in place. The
/// mode is a constant, so that the compiler turns the loop into vector instructions.
template <Rounding mode>
void round_all(double* x, std::size_t count, double scale) {
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = round_real(x[i] * scale, mode);
  }
}

// Numbers that are whole ones times a power of two keep all their bits when a half is added, and the processor rounds
// to even by itself: these are the same numbers faster.
template <>
inline void round_all<Rounding::rnd>(double* x, std::size_t count, double scale) {
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = std::floor(x[i] * scale + 0.5);
  }
}
template <>
inline void round_all<Rounding::rnd_conv>(double* x, std::size_t count, double scale) {
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = std::nearbyint(x[i] * scale);
  }
}

/// The same by a mode that is known later.
inline void round_all(double* x, std::size_t count, double scale, Rounding mode) {
  switch (mode) {
    case Rounding::trn:
      return round_all<Rounding::trn>(x, count, scale);
    case Rounding::rnd:
      return round_all<Rounding::rnd>(x, count, scale);
    case Rounding::rnd_conv:
      return round_all<Rounding::rnd_conv>(x, count, scale);
    case Rounding::ceil:
      return round_all<Rounding::ceil>(x, count, scale);
    case Rounding::trn_zero:
      return round_all<Rounding::trn_zero>(x, count, scale);
    case Rounding::away:
      return round_all<Rounding::away>(x, count, scale);
    case Rounding::rnd_zero:
      return round_all<Rounding::rnd_zero>(x, count, scale);
    case Rounding::rnd_inf:
      return round_all<Rounding::rnd_inf>(x, count, scale);
    case Rounding::rnd_min_inf:
      return round_all<Rounding::rnd_min_inf>(x, count, scale);
  }
}

/// requantize() of whole numbers in doubles with `frac` fraction bits, in place: exact for |x| < 2^51.
inline void requantize_all(double* x, std::size_t count, int frac, const Quantizer& quantizer, bool relu) {
  const Format& format = quantizer.format;
  if (relu) {
    for (std::size_t i = 0; i < count; ++i) {
      x[i] = x[i] > 0 ? x[i] : 0;
    }
  }
  round_all(x, count, std::ldexp(1.0, format.frac() - frac),
            format.frac() >= frac ? Rounding::trn : quantizer.rounding);
  if (quantizer.overflow == Overflow::wrap) {
    const double modulus = std::ldexp(1.0, format.width);
    const double lowest = static_cast<double>(format.min());
    for (std::size_t i = 0; i < count; ++i) {
      x[i] -= modulus * std::floor((x[i] - lowest) / modulus);
    }
    return;
  }
  const double lowest = static_cast<double>(quantizer.lowest());
  const double highest = static_cast<double>(format.max());
  for (std::size_t i = 0; i < count; ++i) {
    x[i] = limit(x[i], lowest, highest);
  }
}

}  // namespace rtlgen
