#include "tests/support/plain_dense.hpp"

#include <algorithm>

#include "tests/support/integer_model.hpp"

namespace rtlgen::testing {

namespace {

/// Mantissa of result `o`: formats and limits of single features as docs/ir.md has them.
std::int64_t result_of(const NodeView& view, std::size_t o, Wide sum, int frac) {
  Quantizer quantizer = view.node.quantizer("output");
  const int point = quantizer.format.frac();
  if (view.node.has("formats")) {
    const std::int64_t* const row = &view.node.literal("formats").values[3 * o];
    if (row[1] == 0) {
      return 0;
    }
    quantizer.format = {row[0] == 1, static_cast<int>(row[1]), static_cast<int>(row[1] - row[2])};
  }
  std::int64_t mantissa = to_format(sum, frac, quantizer);
  if (view.node.has("limits")) {
    const std::int64_t* const ends = &view.node.literal("limits").values[2 * o];
    mantissa = std::min(std::max(mantissa, ends[0]), ends[1]);
  }
  return mantissa << (point - quantizer.format.frac());
}

}  // namespace

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
          static_cast<double>(result_of(view, o, sum, frac));
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

void add_random_formats(Dice& dice, Attributes& attributes) {
  const Quantizer output = std::get<Quantizer>(attributes.at("output"));
  const int outputs = std::get<Literal>(attributes.at("bias")).shape[0];
  Literal formats{{outputs, 3}, {}};
  Literal limits{{outputs, 2}, {}};
  for (int o = 0; o < outputs; ++o) {
    const bool is_signed = output.format.is_signed && dice.percent(60);
    const int room = output.format.width - (output.format.is_signed && !is_signed ? 1 : 0);
    const int width = dice.number(0, room);
    const int frac = output.format.frac() - dice.number(0, room - width);
    formats.values.insert(formats.values.end(), {is_signed ? 1 : 0, width, frac});
    const Quantizer own{width == 0 ? output.format : Format{is_signed, width, width - frac}, output.rounding,
                        output.overflow};
    const std::int64_t a = dice.between(own.lowest(), own.format.max());
    const std::int64_t b = dice.between(own.lowest(), own.format.max());
    limits.values.insert(limits.values.end(), {std::min(a, b), std::max(a, b)});
  }
  attributes["formats"] = formats;
  if (dice.percent(50)) {
    attributes["limits"] = limits;
  }
}

}  // namespace rtlgen::testing
