// Formats inside an attention, and what calibration shows of its scores.
#pragma once

#include <limits>

#include "ir/events.hpp"
#include "ir/numerics/format.hpp"
#include "ir/numerics/interval.hpp"
#include "primitives/softmax_tables.hpp"
#include "rtlgen/model/layer.hpp"

namespace rtlgen {

/// What calibration shows of an attention layer's scores, in units of log2.
struct ScoreRange {
  double largest_magnitude = 0;
  double largest = -std::numeric_limits<double>::infinity();
  double least_row_max = std::numeric_limits<double>::infinity();
};

/// Of the attention layer's queries and keys (float tensors of the events); a seeded sample of 256 events is looked at.
ScoreRange score_range(const AttentionLayer& layer, const RowMatrix& q, const RowMatrix& k, const Events& events);

/// Bits of an entry of a table of reciprocals with `index` address bits.
inline int recip_entry_bits(int index) { return index + 2; }

/// Bits inside an attention (docs/ir.md, attention).
struct AttentionFormats {
  Quantizer score;
  bool row_max = true;
  int exp_width = 0;
  int recip_index = 0;  ///< address bits of the table of reciprocals

  /// The attribute of that name.
  int exp_bias() const;
  /// Bits of an entry of the table of reciprocals.
  int recip_width() const { return recip_entry_bits(recip_index); }
  /// Bits of the sum of exponentials over the tokens.
  int sum_width(int tokens) const;
  /// Most leading zeros of the sum of exponentials. With the row maximum one of them is at least 1/2 of full scale;
  /// without it the sum may be as small as 1.
  int zeros(int tokens) const;
  /// Bits of the normalised product (signed) of values in `range`.
  int product_width(int tokens, const Interval& range) const;
};

/// The tables of an attention or a softmax with so many address bits (`exp_frac`, `recip_index`) and bits of 2^x.
SoftmaxTables softmax_tables(int exp_frac, int exp_width, int recip_index, int recip_lz_max);

}  // namespace rtlgen
