// The test's own model of dense and flatten_dense, and random attributes for them.
#pragma once

#include "tests/support/graph_builder.hpp"

namespace rtlgen::testing {

/// y = requantize(relu?(W x + b)); rows of x are as long as rows of W, so that flattened events fit as well as tokens.
Mantissas plain_dense(const NodeView& view, const std::vector<const Mantissas*>& operands);

/// Adds `formats` and `limits` of single results that fit into the attribute `output`.
void add_random_formats(Dice& dice, Attributes& attributes);

/// Weights, bias and formats for `inputs` inputs with `frac` fraction bits.
Attributes random_dense_attributes(Dice& dice, int inputs, int frac);

}  // namespace rtlgen::testing
