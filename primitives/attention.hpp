// attention: scores, base-2 softmax with deferred normalisation, weighted sum of the values.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// Widest score, and widest product of a weighted sum (signed), a reciprocal and its normalising shift.
constexpr int kMaxScoreWidth = 32;
constexpr int kMaxNormalisedWidth = 60;

/// Operands q, k, v and, for masked events, the mask. Per head: c_ij = requantize(q_i . k_j) in units of log2; x_ij =
/// c_ij, or c_ij - max_j c_ij (row_max 1; limited below to the score format); e_ij = exp2(x_ij), 0 for a masked key;
/// y_i = requantize(sum_j e_ij v_j * reciprocal(sum_j e_ij)). Attributes: heads, kv_heads (heads, or 1: shared),
/// row_max 0|1, score quantizer (its fraction bits address exp_table), exp_bias (row_max 0: the largest whole part of a
/// score; else 0), exp_table, exp_width, recip_table, recip_width, recip_lz_max, output quantizer. RTL: attention.
std::unique_ptr<Primitive> make_attention();

}  // namespace rtlgen
