#include "primitives/normalize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "ir/numerics/normalize_kernel.hpp"
#include "primitives/block_costs.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/normalize_registers.hpp"
#include "primitives/products.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {

int normalize_variance_width(const TensorType& x, bool center, std::int64_t epsilon) {
  // Centered: V = d^3 * variance, and no variance exceeds a quarter of the squared range. Saturating interval
  // arithmetic.
  const Interval range = x.range();
  const std::int64_t d = x.features;
  const std::int64_t spread = std::min<std::int64_t>(range.hi - range.lo + 1, std::int64_t{1} << 40);
  const std::int64_t largest = std::min(std::max(-range.lo, range.hi), std::int64_t{1} << 40);
  const Interval squares = center ? d * (d * (d * (spread * Interval{0, (spread + 3) / 4 + spread % 4})))
                                  : d * (largest * Interval{0, largest});
  const int bits = signed_width(squares + Interval{0, epsilon}) - 1;
  return bits + bits % 2;
}

namespace {

/// Widths that follow from the operand's type.
struct Widths {
  int variance;  // V, unsigned, even
  int index;     // address bits of the table
};

Widths widths(const Normalize& normalize, const NodeView& view) {
  const TensorType& x = view.operand(0);
  return {normalize_variance_width(x, normalize.center, normalize.epsilon),
          clog2(static_cast<std::int64_t>(normalize.rsqrt_table.values.size()))};
}

/// Fraction bits of (e << z) * R before requantization: y = e * R' / sqrt(V), R' = R * 2^-scale, and V = m *
/// 4^(variance/2 - 1 - z).
int product_frac(const Normalize& normalize, const Widths& sizes) {
  return normalize.rsqrt_scale + sizes.variance / 2 - 1;
}

NormalizeShape shape_of(const Normalize& normalize, const NodeView& view) {
  const Widths sizes = widths(normalize, view);
  NormalizeShape shape;
  shape.features = view.operand(0).features;
  shape.input = view.operand(0).width;
  shape.variance = sizes.variance;
  shape.index = sizes.index;
  shape.root = normalize.rsqrt_width;
  shape.center = normalize.center;
  shape.adds_epsilon = normalize.epsilon != 0;
  shape.frac = product_frac(normalize, sizes);
  shape.output = normalize.output;
  return shape;
}

NormalizeRegisters registers_of(const Normalize& normalize, const NodeView& view, const Hardware& hardware) {
  return {hardware.device, hardware.start, shape_of(normalize, view)};
}

/// The parts of V and their sum.
Cost variance_cost(const NormalizeShape& shape, const DeviceModel& device) {
  const double variance = shape.variance;
  Cost cost = squares_of(device, shape.features, shape.input).cost;
  cost.lut += shape.square_multiple_adders() * variance;
  if (shape.center) {
    cost += adder_tree_cost(shape.features, shape.input) + squares_of(device, 1, shape.sum()).cost;
    cost.lut += (shape.multiple_adders() + 1) * variance;
    cost.lut += shape.features * (shape.multiple_adders() * shape.sum() + shape.deviation());
  }
  cost.lut += shape.center || shape.adds_epsilon ? variance : 0;
  return cost;
}

/// The place of V's leading pair, and the shifts: a LUT chooses among four bits.
Cost shift_cost(const NormalizeShape& shape) {
  const int digits = shape.digits();
  double luts = shape.kept_digits(digits) + (digits > 1 ? shape.variance / 4.0 : 0.0);
  for (int left = digits - 1; left >= 0; --left) {
    luts += shape.kept_variance(left) + shape.kept_digits(left) + shape.features * shape.kept_deviation(left);
  }
  return {luts, 0, 0, 0};
}

/// `variances`: takes V + epsilon of every token, where somebody wants them.
Mantissas compute(const Normalize& normalize, const NodeView& view, const Mantissas& x,
                  std::vector<double>* variances) {
  const Widths sizes = widths(normalize, view);
  const NormalizeKernel kernel{normalize.center, normalize.epsilon,
                               sizes.variance,   normalize.rsqrt_table.values.data(),
                               sizes.index,      product_frac(normalize, sizes),
                               normalize.output};
  Mantissas y(x.rows(), x.cols());
  Eigen::Matrix<std::int64_t, 1, Eigen::Dynamic> token(x.cols());
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    token = x.row(row).cast<std::int64_t>();
    const std::int64_t variance = kernel(token.data(), static_cast<int>(token.size()), token.data());
    y.row(row) = token.cast<double>();
    if (variances != nullptr) {
      variances->push_back(static_cast<double>(variance));
    }
  }
  return y;
}

}  // namespace

void Normalize::visit(AttributeVisitor& visitor) {
  visitor("center", center);
  visitor("epsilon", epsilon);
  visitor("rsqrt_table", rsqrt_table);
  visitor("rsqrt_width", rsqrt_width);
  visitor("rsqrt_scale", rsqrt_scale);
  visitor("output", output);
}

TensorType Normalize::infer(const NodeView& view) const {
  require_operands(view, 1);
  const std::size_t entries = rsqrt_table.values.size();
  require(view, entries >= 4 && (entries & (entries - 1)) == 0,
          "literal 'rsqrt_table' must have a power of two entries, at least 4");
  require_shape(view, "rsqrt_table", rsqrt_table, {static_cast<int>(entries)});
  require(view, epsilon >= 0, "epsilon must not be negative");
  const Widths sizes = widths(*this, view);
  require(view, sizes.variance <= kMaxVarianceWidth,
          "the sum of squares needs more than 60 bits; choose a narrower input format");
  require(view, sizes.variance / 2 + 1 + std::int64_t{rsqrt_width} < 62, "the product is too wide");
  const TensorType& x = view.operand(0);
  require_quantizer(view, exact_type(x.tokens, product_frac(*this, sizes), {Interval{-1, 1}}), output);
  return quantized_type(x.tokens, x.features, output);
}

Mantissas Normalize::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  return compute(*this, view, *operands[0], nullptr);
}

std::vector<InternalTensor> Normalize::internals(const NodeView& view,
                                                 const std::vector<const Mantissas*>& operands) const {
  std::vector<double> variances;
  compute(*this, view, *operands[0], &variances);
  const int width = widths(*this, view).variance;
  const int frac = 2 * view.operand(0).frac;
  return {{"variance", Format{false, width, width - frac}, std::move(variances), frac}};
}

Timing Normalize::timing(const NodeView& view, const Hardware& hardware) const {
  return registers_of(*this, view, hardware).timing();
}

Cost Normalize::cost(const NodeView& view, const Hardware& hardware) const {
  const NormalizeShape shape = shape_of(*this, view);
  const Cost feature = products_of(hardware.device, 1, shape.shifted(), shape.root + 1).cost +
                       requantize_cost(shape.product(), shape.frac, output);
  Cost one = static_cast<double>(shape.features) * feature + variance_cost(shape, hardware.device) + shift_cost(shape);
  one += table_cost(rsqrt_table.values, rsqrt_width) + registers_of(*this, view, hardware).cost();
  return static_cast<double>(hardware.lanes_of(view.node.type)) * one;
}

void Normalize::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const Widths sizes = widths(*this, view);
  const TensorType& x = view.operand(0);
  const NormalizeRegisters registers = registers_of(*this, view, hardware);
  for (int lane = 0; lane < hardware.lanes_of(view.node.type); ++lane) {
    Cell& cell = emission.cell("normalize", fmt::format("lane{}", lane));
    cell.with("FEATURES", x.features).with("IN_W", x.width).with("CENTER", center ? 1 : 0);
    cell.with("EPSILON", fmt::format("{}'d{}", sizes.variance, epsilon));
    cell.with("V_W", sizes.variance).with("INDEX_W", sizes.index).with("TABLE_W", rsqrt_width);
    cell.with("TABLE", verilog_table(rsqrt_table.values, rsqrt_width));
    cell.with_quantizer(product_frac(*this, sizes), output);
    registers.set(hardware.device, cell);
    cell.port("clk").port("x", emission.input(0).element(lane, x.features * x.width));
    cell.port("y", emission.output().element(lane, x.features * view.node.type.width));
  }
}

RsqrtTable make_rsqrt_table(int features, int index, int width) {
  // sqrt(d) = root * 2^whole with root in [1, 2): R in (root/2, root] fits `width` bits with width - 1 of them behind
  // the point.
  const double sqrt_d = std::sqrt(static_cast<double>(features));
  const auto whole = static_cast<int>(std::floor(std::log2(sqrt_d)));
  const double root = std::ldexp(sqrt_d, -whole);
  RsqrtTable result{{{1 << index}, {}}, width, width - 1 - whole};
  const std::int64_t largest = (std::int64_t{1} << width) - 1;
  for (int i = 0; i < 1 << index; ++i) {
    const double middle = std::max(1.0, std::ldexp(i + 0.5, 2 - index));
    result.table.values.push_back(
        std::min<std::int64_t>(largest, std::llround(std::ldexp(root / std::sqrt(middle), width - 1))));
  }
  return result;
}

}  // namespace rtlgen
