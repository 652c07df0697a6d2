#include "tests/support/plain_dense.hpp"

#include <algorithm>

#include "primitives/flatten_dense.hpp"

namespace rtlgen::testing {
namespace {

/// The mantissas row by row, so that a flattened event is contiguous.
std::vector<std::int64_t> row_major(const Mantissas& x) {
  std::vector<std::int64_t> values;
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    for (Eigen::Index f = 0; f < x.cols(); ++f) {
      values.push_back(static_cast<std::int64_t>(x(row, f)));
    }
  }
  return values;
}

/// Of a class with the attributes of a matrix product.
template <typename Product>
Mantissas plain_product(const Product& product, int x_frac, const std::vector<std::int64_t>& x,
                        const Mantissas& addend = {}, int addend_frac = 0) {
  const auto outputs = static_cast<std::size_t>(product.weight.shape[0]);
  const auto inputs = static_cast<std::size_t>(product.weight.shape[1]);
  const FormatArray output = product.output;
  const std::size_t rows = x.size() / inputs;
  Mantissas y(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(outputs));
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t o = 0; o < outputs; ++o) {
      Wide sum = product.bias.values[o];
      for (std::size_t i = 0; i < inputs; ++i) {
        sum += Wide{product.weight.values[o * inputs + i]} * x[row * inputs + i];
      }
      if (addend.size() > 0) {
        sum += Wide{static_cast<std::int64_t>(addend(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(o)))} *
               power_of_two(x_frac + product.weight_frac - addend_frac);
      }
      if (product.relu && sum < 0) {
        sum = 0;
      }
      y(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(o)) =
          static_cast<double>(plain_result(output, o, sum, x_frac + product.weight_frac));
    }
  }
  return y;
}

}  // namespace

std::int64_t plain_result(const FormatArray& output, std::size_t o, Wide sum, int frac) {
  Quantizer quantizer = output.quantizer;
  const int point = quantizer.format.frac();
  if (!output.formats.empty()) {
    quantizer.format = output.formats[o];
    if (quantizer.format.width == 0) {
      return 0;
    }
  }
  std::int64_t mantissa = to_format(sum, frac, quantizer);
  if (!output.limits.empty()) {
    mantissa = std::min(std::max(mantissa, output.limits[o].lo), output.limits[o].hi);
  }
  return mantissa * (std::int64_t{1} << (point - quantizer.format.frac()));
}

Mantissas plain_dense(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const std::vector<std::int64_t> x = row_major(*operands[0]);
  if (const auto* const flat = view.node.as<FlattenDense>()) {
    return plain_product(*flat, view.operand(0).frac, x);
  }
  if (operands.size() == 2) {
    return plain_product(*view.node.as<Dense>(), view.operand(0).frac, x, *operands[1], view.operand(1).frac);
  }
  return plain_product(*view.node.as<Dense>(), view.operand(0).frac, x);
}

Dense random_dense(Dice& dice, int inputs, int frac) {
  const int outputs = dice.number(1, 6);
  Dense dense;
  dense.weight_frac = dice.number(-2, 8);
  const int weight_bits = dice.percent(15) ? 20 : dice.number(1, 8);
  dense.weight = random_literal(dice, {outputs, inputs}, weight_bits, dice.percent(10) ? 100 : 20);
  dense.bias = random_literal(dice, {outputs}, dice.number(1, 14), 20);
  dense.relu = dice.percent(40);
  dense.output = random_quantizer(dice, 1, 12, frac + dense.weight_frac - dice.number(-3, 8));
  return dense;
}

void add_random_formats(Dice& dice, int features, FormatArray& output) {
  const Format& all = output.quantizer.format;
  std::vector<Interval> limits;
  output.shape = {features};
  for (int o = 0; o < features; ++o) {
    const bool is_signed = all.is_signed && dice.percent(60);
    const int room = all.width - (all.is_signed && !is_signed ? 1 : 0);
    const int width = dice.number(0, room);
    const int frac = all.frac() - dice.number(0, room - width);
    output.formats.push_back({is_signed, width, width - frac});
    const Quantizer own{width == 0 ? all : output.formats.back(), output.quantizer.rounding, output.quantizer.overflow};
    const std::int64_t a = dice.between(own.lowest(), own.format.max());
    const std::int64_t b = dice.between(own.lowest(), own.format.max());
    limits.push_back({std::min(a, b), std::max(a, b)});
  }
  if (dice.percent(50)) {
    output.limits = limits;
  }
}

}  // namespace rtlgen::testing
