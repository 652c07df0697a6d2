// The tests' own models of products by constants, and random ones.
#pragma once

#include "primitives/dense.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/integer_model.hpp"

namespace rtlgen::testing {

/// Mantissa of result `o`: formats and limits of single features as docs/ir.md has them.
std::int64_t plain_result(const FormatArray& output, std::size_t o, Wide sum, int frac);

/// y = requantize(relu?(W x + b)) of Dense and FlattenDense; rows of x are as long as rows of W, so that flattened
/// events fit as well as tokens.
Mantissas plain_dense(const NodeView& view, const std::vector<const Mantissas*>& operands);

/// Adds formats of `features` single results that fit into that of all, and perhaps limits.
void add_random_formats(Dice& dice, int features, FormatArray& output);

/// Weights, bias and formats for `inputs` inputs with `frac` fraction bits.
Dense random_dense(Dice& dice, int inputs, int frac);

}  // namespace rtlgen::testing
