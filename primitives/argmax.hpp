// argmax: index of the first largest feature.
#pragma once

#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y = the least f with x_f = max x, one a token. No attributes. RTL: argmax, one a lane.
class Argmax final : public PrimitiveOf<Argmax> {
 public:
  static constexpr std::string_view kOp = "argmax";

  Traits traits() const override { return {true}; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;
};

}  // namespace rtlgen
