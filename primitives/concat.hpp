// concat: the features of several tensors side by side.
#pragma once

#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// All operands' features, brought to the finest binary point. No attributes. RTL: wires, latency 0.
class Concat final : public PrimitiveOf<Concat> {
 public:
  static constexpr std::string_view kOp = "concat";

  Traits traits() const override { return {true, false, true}; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;
};

}  // namespace rtlgen
