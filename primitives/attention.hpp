// attention: scores, base-2 softmax with deferred normalisation, weighted sum of the values.
#pragma once

#include <vector>

#include "primitives/primitive.hpp"
#include "primitives/softmax_tables.hpp"

namespace rtlgen {

/// Widest score, and widest product of a weighted sum (signed), a reciprocal and its normalising shift.
constexpr int kMaxScoreWidth = 32;
constexpr int kMaxNormalisedWidth = 60;

/// Operands q, k, v and, for masked events, the mask. Per head: c_ij = requantize(q_i . k_j) in units of log2; x_ij =
/// c_ij, or c_ij - max_j c_ij (row_max; limited below to the score format); e_ij = exp2(x_ij), 0 for a masked key;
/// y_i = requantize(sum_j e_ij v_j * reciprocal(sum_j e_ij)). RTL: attention.
class Attention final : public PrimitiveOf<Attention> {
 public:
  static constexpr std::string_view kOp = "attention";
  int heads = 1;
  int kv_heads = 1;      ///< heads, or 1: shared
  bool row_max = false;  ///< the largest score of a query is subtracted
  Quantizer score;       ///< its fraction bits address exp_table
  int exp_bias = 0;      ///< without row_max: at least the largest whole part of a score; else 0
  SoftmaxTables tables;
  Quantizer output;

  const Quantizer* output_quantizer() const override { return &output; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  std::vector<InternalTensor> internals(const NodeView& view,
                                        const std::vector<const Mantissas*>& operands) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;
};

}  // namespace rtlgen
