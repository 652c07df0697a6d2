// Softmax of a group of numbers, by tables. C++11 without dependencies.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ir/numerics/rounding.hpp"
#include "ir/numerics/table_kernels.hpp"

namespace rtlgen {

/// The largest of those numbers that count; 0 where none does. `real`: for each number whether it counts; null: all do.
inline std::int64_t largest_of(const std::int64_t* x, const std::uint8_t* real, int count) {
  bool any = false;
  std::int64_t largest = 0;
  for (int i = 0; i < count; ++i) {
    if (real == nullptr || real[i] != 0) {
      largest = !any || x[i] > largest ? x[i] : largest;
      any = true;
    }
  }
  return largest;
}

/// Softmax to base 2: primitives/softmax.hpp.
struct SoftmaxKernel {
  const std::int64_t* exp_table;    ///< of 2^exp_frac entries
  int exp_frac;                     ///< fraction bits of x
  int exp_width;                    ///< bits of an exponential
  const std::int64_t* recip_table;  ///< of 2^recip_index entries
  int recip_index;
  int recip_lz_max;  ///< most leading zeros that are normalised away
  int sum_width;     ///< bits of the sum of exponentials
  int frac;          ///< fraction bits of a product with the reciprocal
  Quantizer output;

  /// y_i = 2^(x_i - max x) / sum 2^(x_j - max x) over those that count (see largest_of); returns the sum.
  std::int64_t operator()(const std::int64_t* x, const std::uint8_t* real, int count, std::int64_t* y) const {
    const std::int64_t largest = largest_of(x, real, count);
    std::int64_t sum = 0;
    for (int i = 0; i < count; ++i) {
      const bool counts = real == nullptr || real[i] != 0;
      y[i] = counts ? exp2_by_table(exp_table, exp_frac, exp_width, x[i] - largest, 0) : 0;
      sum += y[i];
    }
    const std::int64_t inverse = reciprocal_by_table(recip_table, recip_index, recip_lz_max, sum, sum_width);
    for (int i = 0; i < count; ++i) {
      y[i] = requantize(y[i] * inverse, frac, output);
    }
    return sum;
  }
};

/// A number made a code, whose low bits address a table.
struct LookupKernel {
  Quantizer index;
  const std::int64_t* table;
  std::size_t size;  ///< of the table, a power of two
  int x_frac;        ///< fraction bits of the number

  std::int64_t operator()(std::int64_t x) const { return table_entry(table, size, requantize(x, x_frac, index)); }
};

/// Softmax whose two functions are tables of any entries: primitives/table_softmax.hpp.
struct TableSoftmaxKernel {
  LookupKernel exp;
  LookupKernel inv;
  int frac;  ///< fraction bits of a product of both tables' entries
  Quantizer output;

  /// y_i = exp(max x - x_i) * inv(sum of the exp), 0 where x_i does not count: it does for the maximum. Returns the
  /// sum.
  std::int64_t operator()(const std::int64_t* x, const std::uint8_t* real, int count, std::int64_t* y) const {
    const std::int64_t largest = largest_of(x, nullptr, count);
    std::int64_t sum = 0;
    for (int i = 0; i < count; ++i) {
      y[i] = real == nullptr || real[i] != 0 ? exp(largest - x[i]) : 0;
      sum += y[i];
    }
    const std::int64_t inverse = inv(sum);
    for (int i = 0; i < count; ++i) {
      y[i] = requantize(y[i] * inverse, frac, output);
    }
    return sum;
  }
};

}  // namespace rtlgen
