// quantize: another number format, and relu.
#pragma once

#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y = requantize(relu?(x)). RTL: vector_requantize.
class Quantize final : public PrimitiveOf<Quantize> {
 public:
  static constexpr std::string_view kOp = "quantize";
  bool relu = false;
  Quantizer output;

  Quantize() = default;
  explicit Quantize(const Quantizer& to, bool with_relu = false) : relu(with_relu), output(to) {}

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
