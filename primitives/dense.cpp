#include "primitives/dense.hpp"

#include <algorithm>
#include <utility>

#include "primitives/element_formats.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {

void Dense::visit(AttributeVisitor& visitor) {
  visitor("weight", weight);
  visit_common(visitor);
}

namespace {

/// Left shift that brings the addend to the binary point of the sums.
int addend_shift(const Dense& dense, const NodeView& view) { return dense.sum_frac(view) - view.operand(1).frac; }

/// The matrix with columns for the addend behind its own.
Literal with_addend(const Literal& weight, int shift) {
  const auto outputs = static_cast<std::size_t>(weight.shape[0]);
  const auto inputs = static_cast<std::size_t>(weight.shape[1]);
  Literal all{{weight.shape[0], weight.shape[1] + weight.shape[0]}, {}};
  for (std::size_t o = 0; o < outputs; ++o) {
    const auto row = weight.values.begin() + static_cast<std::ptrdiff_t>(o * inputs);
    all.values.insert(all.values.end(), row, row + static_cast<std::ptrdiff_t>(inputs));
    for (std::size_t a = 0; a < outputs; ++a) {
      all.values.push_back(a == o ? std::int64_t{1} << shift : 0);
    }
  }
  return all;
}

}  // namespace

TensorType Dense::infer(const NodeView& view) const {
  require(view, view.operands.size() == 1 || view.operands.size() == 2, "needs one operand, and at most an addend");
  require(view, weight.shape.size() == 2, "literal 'weight' must be [out, in]");
  require_shape(view, "weight", weight, {weight.shape[0], view.operand(0).features});
  require_shape(view, "bias", bias, {weight.shape[0]});
  TensorType sums = accumulator_type(weight, bias, weight_frac, view.operand(0));
  if (view.operands.size() == 2) {
    const TensorType& addend = view.operand(1);
    require(view, addend.tokens == sums.tokens && addend.features == sums.features,
            "the addend must have a feature for each result");
    const int shift = addend_shift(*this, view);
    require(view, shift >= 0 && shift <= kMaxShift, "the addend must have the fraction bits of the sums or fewer");
    for (std::size_t o = 0; o < sums.intervals.size(); ++o) {
      sums.intervals[o] = sums.intervals[o] + (std::int64_t{1} << shift) * addend.intervals[o];
    }
    sums = exact_type(sums.tokens, sums.frac, std::move(sums.intervals));
  }
  return checked_type(view, sums);
}

Mantissas Dense::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  Mantissas y = weighted_sums(weight, bias, *operands[0]);
  if (operands.size() == 2) {
    y += *operands[1] * static_cast<double>(std::int64_t{1} << addend_shift(*this, view));
  }
  requantize(y, sum_frac(view), output, relu);
  return y;
}

AdderGraph Dense::solve(const NodeView& view, const ConstantMatrixOptions& options, const SolutionCache& cache) const {
  std::vector<Interval> inputs = view.operand(0).intervals;
  if (view.operands.size() == 1) {
    return cache.solve(weight, bias, inputs, options);
  }
  const std::vector<Interval>& addend = view.operand(1).intervals;
  inputs.insert(inputs.end(), addend.begin(), addend.end());
  return cache.solve(with_addend(weight, addend_shift(*this, view)), bias, inputs, options);
}

void Dense::require_product_of(const NodeView& view, const AdderGraph& graph) const {
  const bool has_addend = view.operands.size() == 2;
  require_product(graph, has_addend ? with_addend(weight, addend_shift(*this, view)) : weight, bias);
}

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
