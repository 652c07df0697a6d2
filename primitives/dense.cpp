#include "primitives/dense.hpp"

#include <algorithm>
#include <utility>

#include "primitives/element_formats.hpp"
#include "primitives/node_rules.hpp"

namespace rtlgen {

void Dense::visit(AttributeVisitor& visitor) {
  visitor("weight", weight);
  visit_common(visitor);
}

TensorType Dense::infer(const NodeView& view) const {
  require_operands(view, 1);
  require(view, weight.shape.size() == 2, "literal 'weight' must be [out, in]");
  require_shape(view, "weight", weight, {weight.shape[0], view.operand(0).features});
  require_shape(view, "bias", bias, {weight.shape[0]});
  return checked_type(view, accumulator_type(weight, bias, weight_frac, view.operand(0)));
}

Mantissas Dense::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  Mantissas y = weighted_sums(weight, bias, *operands[0]);
  requantize(y, sum_frac(view), output, relu);
  return y;
}

AdderGraph Dense::solve(const NodeView& view, const ConstantMatrixOptions& options, const SolutionCache& cache) const {
  return cache.solve(weight, bias, view.operand(0).intervals, options);
}

void Dense::require_product_of(const AdderGraph& graph) const { require_product(graph, weight, bias); }

TensorType accumulator_type(const Literal& weight, const Literal& bias, int weight_frac, const TensorType& input) {
  std::vector<Interval> sums;
  const auto inputs = static_cast<std::size_t>(weight.shape[1]);
  for (std::size_t o = 0; o < bias.values.size(); ++o) {
    Interval sum{bias.values[o], bias.values[o]};
    for (std::size_t i = 0; i < inputs; ++i) {
      sum = sum + weight.values[o * inputs + i] * input.intervals[i % input.intervals.size()];
    }
    sums.push_back(sum);
  }
  return exact_type(input.tokens, input.frac + weight_frac, std::move(sums));
}

Mantissas weighted_sums(const Literal& weight, const Literal& bias, const Mantissas& x) {
  using Matrix = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const RowMatrix w = Eigen::Map<const Matrix>(weight.values.data(), weight.shape[0], weight.shape[1]).cast<double>();
  const Eigen::RowVectorXd b =
      Eigen::Map<const Matrix>(bias.values.data(), 1, static_cast<Eigen::Index>(bias.values.size())).cast<double>();
  const Eigen::Map<const RowMatrix> rows(x.data(), x.size() / std::max(1, weight.shape[1]), weight.shape[1]);
  Mantissas y;
  y.noalias() = rows * w.transpose();
  y.rowwise() += b;
  return y;
}

}  // namespace rtlgen
