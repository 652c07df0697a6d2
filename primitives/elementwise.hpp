// elementwise: each feature times a constant of its own, with bias, relu, limits and requantization.
#pragma once

#include <vector>

#include "primitives/constant_product.hpp"

namespace rtlgen {

/// y_f = requantize(relu?(factor_f x_f + bias_f)): what a dense with a diagonal matrix would be.
class Elementwise final : public PrimitiveOf<Elementwise, ConstantProduct> {
 public:
  static constexpr std::string_view kOp = "elementwise";
  Literal factor;  ///< [features], with weight_frac fraction bits

  Traits traits() const override { return {false, true, false}; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  AdderGraph solve(const NodeView& view, const ConstantMatrixOptions& options,
                   const SolutionCache& cache) const override;

 protected:
  void require_product_of(const NodeView& view, const AdderGraph& graph) const override;
};

}  // namespace rtlgen
