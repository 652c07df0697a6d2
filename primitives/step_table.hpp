// step_table: a function of one number that changes at a few places.
#pragma once

#include <vector>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// Most thresholds of a row.
constexpr int kMaxThresholds = 4095;

/// y_f = values[number of thresholds that are at most x_f], with a row of thresholds and values for each feature or one
/// for all. RTL: rtl_lib/step_table.v, one an element.
class StepTable final : public PrimitiveOf<StepTable> {
 public:
  static constexpr std::string_view kOp = "step_table";
  Literal thresholds;  ///< [1 or features, n], not falling along a row
  Literal values;      ///< [the same, n + 1]
  Quantizer output;    ///< its format only

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
