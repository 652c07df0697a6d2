#include "primitives/normalize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "ir/numerics/table_kernels.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"
#include "primitives/softmax_tables.hpp"

namespace rtlgen {
namespace {

/// Widths that follow from the operand's type.
struct Widths {
  int element;   // e_i, signed
  int variance;  // V, unsigned, even
  int index;     // address bits of the table
};

Widths widths(const NodeView& view) {
  const TensorType& x = view.operand(0);
  const bool center = view.node.integer("center") != 0;
  return {center ? x.width + clog2(x.features) + 1 : x.width,
          normalize_variance_width(x, center, view.node.integer("epsilon")),
          clog2(static_cast<std::int64_t>(view.node.literal("rsqrt_table").values.size()))};
}

}  // namespace

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

/// Fraction bits of (e << z) * R before requantization: y = e * R' / sqrt(V), R' = R * 2^-scale, and V = m *
/// 4^(variance/2 - 1 - z).
int product_frac(const NodeView& view, const Widths& sizes) {
  return static_cast<int>(view.node.integer("rsqrt_scale")) + sizes.variance / 2 - 1;
}

class Normalize final : public Primitive {
 public:
  std::string_view op() const override { return "normalize"; }

  TensorType infer(const NodeView& view) const override {
    require_operands(view, 1);
    const Literal& table = view.node.literal("rsqrt_table");
    require(view, table.values.size() >= 4 && (table.values.size() & (table.values.size() - 1)) == 0,
            "literal 'rsqrt_table' must have a power of two entries, at least 4");
    require_shape(view, "rsqrt_table", {static_cast<int>(table.values.size())});
    require(view, view.node.integer("epsilon") >= 0, "epsilon must not be negative");
    const Widths sizes = widths(view);
    require(view, sizes.variance <= kMaxVarianceWidth,
            "the sum of squares needs more than 60 bits; choose a narrower input format");
    require(view, sizes.variance / 2 + 1 + view.node.integer("rsqrt_width") < 62, "the product is too wide");
    const TensorType& x = view.operand(0);
    TensorType exact = exact_type(x.tokens, product_frac(view, sizes), {Interval{-1, 1}});
    require_quantizer(view, exact, view.node.quantizer("output"));
    return quantized_type(x.tokens, x.features, view.node.quantizer("output"));
  }

  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override {
    return compute(view, operands, nullptr);
  }

  std::vector<InternalTensor> internals(const NodeView& view,
                                        const std::vector<const Mantissas*>& operands) const override {
    std::vector<double> variances;
    compute(view, operands, &variances);
    const int width = widths(view).variance;
    const int frac = 2 * view.operand(0).frac;
    return {{"variance", Format{false, width, width - frac}, std::move(variances), frac}};
  }

  Timing timing(const NodeView& view, const Hardware& hardware) const override {
    const int tree = adder_tree_latency(view.operand(0).features, hardware.device.levels);
    const bool center = view.node.integer("center") != 0;
    return {Timing::Kind::tokenwise,
            (center ? tree + 1 : 0) + hardware.device.mul_stages + tree + 2 + hardware.device.mul_stages + 1};
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    const Widths sizes = widths(view);
    const TensorType& x = view.operand(0);
    const auto root_width = static_cast<int>(view.node.integer("rsqrt_width"));
    const int levels = hardware.device.levels;
    Cost feature = multiplier_cost(sizes.element, sizes.element);
    feature += multiplier_cost(sizes.variance / 2 + 1, root_width + 1);
    feature +=
        requantize_cost(sizes.variance / 2 + 1 + root_width, product_frac(view, sizes), view.node.quantizer("output"));
    feature.lut += 2 * sizes.element;                                // d x - S and its operand's delay
    feature.lut += 0.5 * sizes.element * clog2(sizes.variance / 2);  // shift by z
    feature.lut += sizes.element;                                    // delay of e
    feature.ff += 2.0 * sizes.element + sizes.variance / 2.0 + view.node.type.width;
    Cost one = static_cast<double>(x.features) * feature;
    one += adder_tree_cost(x.features, x.width, levels);
    one += adder_tree_cost(x.features, 2 * sizes.element, levels);
    one.lut += sizes.variance * 3.0 + root_width * (sizes.index <= 6 ? 1 : 1.2 * (1 << (sizes.index - 6)));
    one.ff += 2.0 * sizes.variance;
    return static_cast<double>(hardware.lanes_of(view.node.type)) * one;
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const Widths sizes = widths(view);
    const TensorType& x = view.operand(0);
    const auto root_width = static_cast<int>(view.node.integer("rsqrt_width"));
    for (int lane = 0; lane < hardware.lanes_of(view.node.type); ++lane) {
      Instance instance{"normalize", emission.local(fmt::format("lane{}", lane)), {}, {}};
      instance.with("FEATURES", x.features).with("IN_W", x.width).with("CENTER", view.node.integer("center"));
      instance.with("EPSILON", fmt::format("{}'d{}", sizes.variance, view.node.integer("epsilon")));
      instance.with("V_W", sizes.variance).with("INDEX_W", sizes.index).with("TABLE_W", root_width);
      instance.with("TABLE", verilog_table(view.node.literal("rsqrt_table").values, root_width));
      instance.with_quantizer(product_frac(view, sizes), view.node.quantizer("output"));
      instance.with("MUL_STAGES", hardware.device.mul_stages).with("LEVELS", hardware.device.levels);
      instance.port("clk", "clk").port("x", slice(emission.input(0), lane, x.features * x.width));
      instance.port("y", slice(emission.output(), lane, x.features * view.node.type.width));
      emission.instance(instance);
    }
  }

 private:
  /// `variances`: takes V + epsilon of every token, where somebody wants them.
  static Mantissas compute(const NodeView& view, const std::vector<const Mantissas*>& operands,
                           std::vector<double>* variances) {
    const Mantissas& x = *operands[0];
    const Widths sizes = widths(view);
    const bool center = view.node.integer("center") != 0;
    const std::int64_t epsilon = view.node.integer("epsilon");
    const auto& table = view.node.literal("rsqrt_table").values;
    const Quantizer& quantizer = view.node.quantizer("output");
    const int frac = product_frac(view, sizes);
    const Eigen::Index features = x.cols();
    Mantissas y(x.rows(), features);
    std::vector<std::int64_t> e(static_cast<std::size_t>(features));
    for (Eigen::Index row = 0; row < x.rows(); ++row) {
      std::int64_t sum = 0;
      for (Eigen::Index f = 0; f < features; ++f) {
        e[static_cast<std::size_t>(f)] = static_cast<std::int64_t>(x(row, f));
        sum += e[static_cast<std::size_t>(f)];
      }
      std::int64_t variance = epsilon;
      for (std::int64_t& element : e) {
        element = center ? features * element - sum : element;
        variance += element * element;
      }
      if (variances != nullptr) {
        variances->push_back(static_cast<double>(variance));
      }
      const int shift = even_shift(variance, sizes.variance);
      const std::int64_t normal = variance << (2 * shift);
      const int drop = sizes.variance - sizes.index;
      const std::int64_t index = drop >= 0 ? normal >> drop : normal << -drop;
      const std::int64_t root = table[static_cast<std::size_t>(index)];
      for (Eigen::Index f = 0; f < features; ++f) {
        const std::int64_t product = e[static_cast<std::size_t>(f)] * (std::int64_t{1} << shift) * root;
        y(row, f) = static_cast<double>(requantize(product, frac, quantizer));
      }
    }
    return y;
  }
};

}  // namespace

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

std::unique_ptr<Primitive> make_normalize() { return std::make_unique<Normalize>(); }

}  // namespace rtlgen
