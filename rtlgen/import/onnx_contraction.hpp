// Sums over products: MatMul, Gemm and Einsum in one form.
#pragma once

#include "rtlgen/import/onnx_operand.hpp"
#include "rtlgen/import/onnx_value.hpp"

namespace rtlgen {

/// The sum over all letters that are not in `out`; one operand is a constant: a dense layer (over all tokens at once
/// where tokens are summed).
OnnxValue contract_constant(OnnxContext& context, const OnnxNode& node, const OnnxOperand& x, const OnnxOperand& weight,
                            const std::vector<int>& out, double factor);

/// The same for two tensors of the event: attention scores.
OnnxValue contract_to_scores(OnnxContext& context, const OnnxNode& node, const OnnxOperand& a, const OnnxOperand& b,
                             const std::vector<int>& out);

/// Attention weights times values: the heads, side by side.
OnnxValue contract_heads(OnnxContext& context, const OnnxNode& node, const OnnxOperand& weights,
                         const OnnxOperand& values, const std::vector<int>& out);

}  // namespace rtlgen
