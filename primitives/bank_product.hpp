// scores and mix: products of every token with all tokens of a second tensor, the two halves of attention.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// Operands a [N, heads * dim] and b [N, kv_heads * dim]: y_i[h * N + j] = sum_d a_i[h, d] b_j[h, d]. Attributes:
/// heads, kv_heads (heads, or 1: shared by all). The exact result has the width that its range needs. RTL:
/// bank_product.
std::unique_ptr<Primitive> make_scores();

/// Operands a [N, heads * N] and b [N, kv_heads * dim]: y_i[h * dim + d] = sum_j a_i[h, j] b_j[h, d]. Attributes and
/// result as for scores. RTL: bank_product.
std::unique_ptr<Primitive> make_mix();

}  // namespace rtlgen
