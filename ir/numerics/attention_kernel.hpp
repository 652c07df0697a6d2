// What attention does to a score and to a weighted sum, by tables. C++11 without dependencies.
#pragma once

#include <cstdint>

#include "ir/numerics/rounding.hpp"
#include "ir/numerics/table_kernels.hpp"

namespace rtlgen {

/// primitives/attention.hpp says what is computed. Sums of products are whole numbers that anything may compute, and
/// scores are rounded as any other sum (rounding.hpp); an exponent is a score, or a score less the largest of its row.
struct AttentionKernel {
  Quantizer score;
  bool row_max;
  const std::int64_t* exp_table;  ///< of 2^exp_frac entries
  int exp_frac;                   ///< fraction bits of a score
  int exp_width;                  ///< bits of an exponential
  int exp_bias;
  const std::int64_t* recip_table;  ///< of 2^recip_index entries
  int recip_index;
  int recip_lz_max;  ///< most leading zeros that are normalised away
  int sum_width;     ///< bits of a sum of exponentials
  int product_frac;  ///< fraction bits of a weighted sum times a reciprocal
  Quantizer output;

  /// The largest exponent that there is.
  std::int64_t highest() const { return row_max ? 0 : score.format.max(); }
  /// The weight of a key with this exponent.
  std::int64_t weight(std::int64_t exponent) const {
    return exp2_by_table(exp_table, exp_frac, exp_width, exponent, exp_bias);
  }
  /// What weighted sums of a query are multiplied with, whose weights have this sum.
  std::int64_t inverse(std::int64_t weights) const {
    return reciprocal_by_table(recip_table, recip_index, recip_lz_max, weights, sum_width);
  }
  /// A result of a weighted sum of values.
  std::int64_t result(std::int64_t weighted, std::int64_t inverse) const {
    return requantize(weighted * inverse, product_frac, output);
  }
};

}  // namespace rtlgen
