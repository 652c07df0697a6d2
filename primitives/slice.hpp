// slice: some of a tensor's features.
#pragma once

#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// The features [first, first + count) of x, without the low bits that `output` has not. RTL: wires, latency 0.
class Slice final : public PrimitiveOf<Slice> {
 public:
  static constexpr std::string_view kOp = "slice";
  int first = 0;
  int count = 1;
  Quantizer output;  ///< its format only

  Slice() = default;
  Slice(int from, int features, const Quantizer& to) : first(from), count(features), output(to) {}

  Traits traits() const override { return {false, false, true}; }
  const Quantizer* output_quantizer() const override { return &output; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;
};

}  // namespace rtlgen
