// Products of mantissas with whole numbers, as operations of the integer IR.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/graph.hpp"
#include "ir/numerics/format_array.hpp"
#include "rtlgen/lowering/exact_tensor.hpp"

namespace rtlgen {

/// What a node's mantissas are multiplied with, and what is added.
struct WholeProduct {
  Product product = Product::none;  ///< none: each feature has a factor of its own
  Literal weight;                   ///< [out, in]; factors: [features]
  Literal bias;                     ///< [out]
  int frac = 0;                     ///< fraction bits of the sums
};

/// The product of which each sum of `tensor` (each mantissa, where it has no weight) is multiplied with a number of its
/// own. Throws IrError where weights become too large.
WholeProduct multiplied_product(const ExactTensor& tensor, const std::vector<std::int64_t>& multipliers,
                                const std::vector<std::int64_t>& bias, int frac);

/// Adds the sums of a product of x as they are. Throws IrError.
Graph::NodeId append_sums(Graph& graph, const std::string& name, const WholeProduct& product, Graph::NodeId x);

/// Adds a product of x, which is none over all tokens, with its sums rounded to `output`. Throws IrError.
Graph::NodeId append_rounded(Graph& graph, const std::string& name, const WholeProduct& product,
                             const FormatArray& output, bool relu, Graph::NodeId x);

}  // namespace rtlgen
