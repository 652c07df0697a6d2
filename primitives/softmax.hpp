// softmax: 2^x_f / sum 2^x over groups of features of a token, or over the keys of an event.
#pragma once

#include <vector>

#include "primitives/primitive.hpp"
#include "primitives/softmax_tables.hpp"

namespace rtlgen {

/// Widest operand.
constexpr int kMaxSoftmaxWidth = 32;

/// Of each group of features: x' = x - max(x); e = exp2(x'); y = requantize(e * reciprocal(sum e)). x must have
/// exp_frac fraction bits. Groups, and a mask as second operand, are as SoftmaxGroups says; padding tokens do not count
/// for the maximum. RTL: softmax, one a lane and group.
class Softmax final : public PrimitiveOf<Softmax> {
 public:
  static constexpr std::string_view kOp = "softmax";
  SoftmaxTables tables;
  int groups = 1;  ///< of features
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
