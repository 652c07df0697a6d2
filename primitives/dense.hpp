// dense: multiplication of every token by a constant matrix, with bias, addend, relu and requantization.
#pragma once

#include <vector>

#include "primitives/constant_product.hpp"

namespace rtlgen {

/// y = requantize(relu?(W x + b)), or requantize(relu?(W x + b + a)) with a second operand a, which has a feature for
/// each result and no more fraction bits than the sums.
class Dense final : public PrimitiveOf<Dense, ConstantProduct> {
 public:
  static constexpr std::string_view kOp = "dense";
  Literal weight;  ///< [out, in]

  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
  AdderGraph solve(const NodeView& view, const ConstantMatrixOptions& options,
                   const SolutionCache& cache) const override;

 protected:
  void require_product_of(const NodeView& view, const AdderGraph& graph) const override;
};

/// Exact type of W x + b before relu and requantization; columns of the weight go over the features again and again.
TensorType accumulator_type(const Literal& weight, const Literal& bias, int weight_frac, const TensorType& input);

/// W x + b for all rows of x; where W has more columns than x, it goes over so many rows at once. Exact where no
/// partial sum leaves the integers that a double holds, which infer() makes sure of.
Mantissas weighted_sums(const Literal& weight, const Literal& bias, const Mantissas& x);

}  // namespace rtlgen
