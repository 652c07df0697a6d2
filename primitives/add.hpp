// add: the sum of two tensors.
#pragma once

#include <utility>
#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y = requantize(relu?(a + b)), operands of equal shape brought to the finer binary point. RTL: token_add.
class Add final : public PrimitiveOf<Add> {
 public:
  static constexpr std::string_view kOp = "add";
  bool relu = false;
  Quantizer output;

  Add() = default;
  explicit Add(const Quantizer& to, bool with_relu = false) : relu(with_relu), output(to) {}

  Traits traits() const override { return {false, true, false}; }
  const Quantizer* output_quantizer() const override { return &output; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;
};

}  // namespace rtlgen
