// Numbers that are the same but for the rounding of constants to float32.
#pragma once

#include <algorithm>
#include <cmath>

namespace rtlgen {

/// Constants of float32 graphs are off by 2^-24 of their size; products and quotients of a few of them by some times as
/// much.
constexpr double kFloat32Rounding = 0x1p-22;

/// Whether `x` is `y`, where both are products of constants.
inline bool is_float32_close(double x, double y) {
  return std::abs(x - y) <= kFloat32Rounding * std::max(std::abs(x), std::abs(y));
}

/// a + b; 0 where the two cancel but for their rounding.
inline double float32_sum(double a, double b) {
  const double sum = a + b;
  return std::isfinite(sum) && std::abs(sum) <= kFloat32Rounding * std::max(std::abs(a), std::abs(b)) ? 0 : sum;
}

}  // namespace rtlgen
