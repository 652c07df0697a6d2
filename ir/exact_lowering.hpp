// Exact tensors into operations of the integer IR.
#pragma once

#include <string>
#include <vector>

#include "ir/exact_tensor.hpp"
#include "ir/uniform_quantizer.hpp"

namespace rtlgen {

/// Adds a node and infers its type. Throws IrError.
Graph::NodeId append_node(Graph& graph, const std::string& name, const std::string& op, Attributes attributes,
                          const std::vector<Graph::NodeId>& operands);

/// x times a constant matrix: weight_oi is a whole multiple of step_o. `op` is dense or flatten_dense; `x` must be a
/// node. Features of x whose scales are not related by powers of two have no common unit: the products are then rounded
/// to 32 bits, and `rounded` is set. Throws IrError.
ExactTensor exact_product(const Graph& graph, const ExactTensor& x, const std::string& op, const RowMatrix& weight,
                          const Eigen::VectorXd& step, const Eigen::VectorXd& bias, bool& rounded);

/// The tensor as the integers of a node, nothing rounded. Throws IrError where limits fall between integers.
ExactTensor materialize(Graph& graph, const ExactTensor& tensor, const std::string& name);

/// The tensor as the integers of a node that are the real numbers but for the binary point; `tensor` has no limits and
/// no constants of tokens. Throws IrError where scales are no binary fractions.
ExactTensor materialize_binary(Graph& graph, const ExactTensor& tensor, const std::string& name);

/// The quantized tensor; nodes are called `name` and, where the sums are made on their own, `name`.sum. Scales that are
/// powers of two (or have few bits) are shifts in one operation; others become multiplications with whole numbers that
/// give the same result for every sum that can occur (fit_steps). Throws IrError where there is no such number.
ExactTensor quantize_exact(Graph& graph, const ExactTensor& tensor, const UniformQuantizer& quantizer,
                           const std::string& name);

/// The exact sum of two nodes, which must have equal scales but for powers of two. Throws IrError.
ExactTensor exact_sum(Graph& graph, const ExactTensor& a, const ExactTensor& b, const std::string& name);

/// One of the two products of attention: the operation, scores or mix, and the heads of its operands.
struct BankProductSpec {
  std::string op;
  int heads = 1;
  int kv_heads = 1;
};

/// Products of a and b, which must be nodes, head by head. Scales within the sums of a head must be equal but for
/// powers of two, and offsets whole multiples of them. Throws IrError.
ExactTensor exact_bank_product(Graph& graph, const ExactTensor& a, const ExactTensor& b, const BankProductSpec& spec,
                               const std::string& name);

/// The features of two or more nodes side by side.
ExactTensor exact_concatenation(Graph& graph, const std::vector<ExactTensor>& parts, const std::string& name);

}  // namespace rtlgen
