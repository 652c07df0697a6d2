// flatten_dense: a constant matrix over all tokens and features of an event.
#pragma once

#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y = requantize(relu?(W flatten(x) + b)), tokens row-major [token, feature]. RTL: beat_dense, with multipliers and a
/// generated ROM of weights, which takes a beat a clock.
class FlattenDense final : public PrimitiveOf<FlattenDense> {
 public:
  static constexpr std::string_view kOp = "flatten_dense";
  Literal weight;       ///< [out, tokens * features]
  Literal bias;         ///< [out], at the fraction of the sums
  int weight_frac = 0;  ///< fraction bits of the weight
  bool relu = false;
  Quantizer output;

  const Quantizer* output_quantizer() const override { return &output; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;
};

}  // namespace rtlgen
