#include "tests/support/plain_dense.hpp"

#include "tests/support/integer_model.hpp"

namespace rtlgen::testing {

Mantissas plain_dense(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const Literal& weight = view.node.literal("weight");
  const auto outputs = static_cast<std::size_t>(weight.shape[0]);
  const auto inputs = static_cast<std::size_t>(weight.shape[1]);
  const int frac = view.operand(0).frac + static_cast<int>(view.node.integer("weight_frac"));
  std::vector<std::int64_t> x;  // row-major, so a flattened event is contiguous
  for (Eigen::Index row = 0; row < operands[0]->rows(); ++row) {
    for (Eigen::Index f = 0; f < operands[0]->cols(); ++f) {
      x.push_back(static_cast<std::int64_t>((*operands[0])(row, f)));
    }
  }
  const std::size_t rows = x.size() / inputs;
  Mantissas y(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(outputs));
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t o = 0; o < outputs; ++o) {
      Wide sum = view.node.literal("bias").values[o];
      for (std::size_t i = 0; i < inputs; ++i) {
        sum += Wide{weight.values[o * inputs + i]} * x[row * inputs + i];
      }
      if (view.node.integer("relu") == 1 && sum < 0) {
        sum = 0;
      }
      y(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(o)) =
          static_cast<double>(to_format(sum, frac, view.node.quantizer("output")));
    }
  }
  return y;
}

Attributes random_dense_attributes(Dice& dice, int inputs, int frac) {
  const int outputs = dice.number(1, 6);
  const int weight_frac = dice.number(-2, 8);
  const int weight_bits = dice.percent(15) ? 20 : dice.number(1, 8);
  return {{"weight", random_literal(dice, {outputs, inputs}, weight_bits, dice.percent(10) ? 100 : 20)},
          {"bias", random_literal(dice, {outputs}, dice.number(1, 14), 20)},
          {"weight_frac", std::int64_t{weight_frac}},
          {"relu", std::int64_t{dice.percent(40)}},
          {"output", random_quantizer(dice, 1, 12, frac + weight_frac - dice.number(-3, 8))}};
}

}  // namespace rtlgen::testing
