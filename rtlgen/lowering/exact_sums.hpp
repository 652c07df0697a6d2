// Products of exact tensors, and their sums as integers of a node.
#pragma once

#include <string>

#include "ir/tensor_type.hpp"
#include "rtlgen/lowering/exact_tensor.hpp"

namespace rtlgen {

/// Weights without a common unit are rounded to so many bits in a product of `input` with `columns` columns: as many as
/// its sums have room for.
int rounded_bits(const TensorType& input, Eigen::Index columns);

/// x times a constant matrix: weight_oi is a whole multiple of step_o. `product` is none of Product::none; `x` must be
/// a node. Features of x whose scales are not related by powers of two have no common unit: the products are then
/// rounded to 32 bits. Throws IrError.
ExactTensor exact_product(const Graph& graph, const ExactTensor& x, Product product, const RowMatrix& weight,
                          const Eigen::VectorXd& step, const Eigen::VectorXd& bias);

/// Tells the user where the products of that layer are rounded.
void warn_if_rounded(const ExactTensor& product, const std::string& layer);

/// The tensor with its sums as integers of a node `name`, where they are none yet; limits and functions stay to be
/// applied. Throws IrError.
ExactTensor separate_sums(Graph& graph, const ExactTensor& tensor, const std::string& name);

/// The tensor, without functions and constants of tokens, as the integers of a node, nothing rounded. Throws IrError
/// where limits fall between integers.
ExactTensor materialize_sums(Graph& graph, const ExactTensor& tensor, const std::string& name);

/// The tensor as the integers of a node that are the real numbers but for the binary point; `tensor` has no limits, no
/// functions and no constants of tokens. Throws IrError where scales are no binary fractions.
ExactTensor materialize_binary(Graph& graph, const ExactTensor& tensor, const std::string& name);

}  // namespace rtlgen
