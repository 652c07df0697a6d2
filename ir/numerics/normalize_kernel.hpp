// Layer norm and RMS norm of a token, by a table of reciprocal roots. C++11 without dependencies.
#pragma once

#include <cstdint>

#include "ir/numerics/rounding.hpp"
#include "ir/numerics/table_kernels.hpp"

namespace rtlgen {

/// primitives/normalize.hpp says what is computed.
struct NormalizeKernel {
  bool center;                ///< layer norm; else RMS norm
  std::int64_t epsilon;       ///< in units of the variance
  int variance_width;         ///< bits of the variance, even
  const std::int64_t* table;  ///< of 2^index_width entries
  int index_width;
  int frac;  ///< fraction bits of a product with the root
  Quantizer output;

  /// x and y may be the same; returns the variance.
  std::int64_t operator()(const std::int64_t* x, int count, std::int64_t* y) const {
    std::int64_t sum = 0;
    for (int i = 0; i < count; ++i) {
      sum += x[i];
    }
    std::int64_t variance = epsilon;
    for (int i = 0; i < count; ++i) {
      y[i] = center ? count * x[i] - sum : x[i];
      variance += y[i] * y[i];
    }
    const int shift = even_shift(variance, variance_width);
    const std::int64_t normal = variance << (2 * shift);
    const int drop = variance_width - index_width;
    const std::int64_t root = table[drop >= 0 ? normal >> drop : normal << -drop];
    for (int i = 0; i < count; ++i) {
      y[i] = requantize(y[i] * (std::int64_t{1} << shift) * root, frac, output);
    }
    return variance;
  }
};

}  // namespace rtlgen
