#include "primitives/softmax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"
#include "primitives/softmax_groups.hpp"
#include "primitives/softmax_tables.hpp"

namespace rtlgen {
namespace {

int sum_width(const NodeView& view) {
  return static_cast<int>(view.node.integer("exp_width")) + clog2(SoftmaxGroups(view).count);
}

class Softmax final : public Primitive {
 public:
  std::string_view op() const override { return "softmax"; }

  TensorType infer(const NodeView& view) const override {
    require_softmax_groups(view);
    require_softmax_tables(view);
    const SoftmaxTables tables(view.node);
    require(view, view.operand(0).frac == tables.exp_frac,
            "the operand must have as many fraction bits as the exp table");
    require(view, view.operand(0).width <= kMaxSoftmaxWidth, "the operand is too wide");
    require(view, tables.recip_lz_max < sum_width(view), "recip_lz_max is larger than the sum of exponentials");
    const TensorType& x = view.operand(0);
    TensorType type = quantized_type(x.tokens, x.features, view.node.quantizer("output"));
    const int frac = tables.recip_frac(sum_width(view));
    for (Interval& interval : type.intervals) {
      interval = requantize(Interval{0, largest_product(view)}, frac, view.node.quantizer("output"));
    }
    return type;
  }

  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override {
    return compute(view, operands, nullptr);
  }

  std::vector<InternalTensor> internals(const NodeView& view,
                                        const std::vector<const Mantissas*>& operands) const override {
    std::vector<double> sums;
    compute(view, operands, &sums);
    const auto exp_width = static_cast<int>(view.node.integer("exp_width"));
    const Format format{false, sum_width(view), sum_width(view) - exp_width + 1};
    return {{"exp_sum", format, std::move(sums), format.frac()}};
  }

  Timing timing(const NodeView& view, const Hardware& hardware) const override {
    const DeviceModel& device = hardware.device;
    return softmax_timing(view, exponential_delay(view, hardware) + device.table_stages +
                                    adder_tree_latency(SoftmaxGroups(view).count, device.levels) + device.table_stages +
                                    device.mul_stages + 1);
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    const SoftmaxTables tables(view.node);
    const SoftmaxGroups softmax(view);
    const int count = softmax.count;
    const int width = view.operand(0).width;
    Cost one = max_tree_cost(count, width);
    one += static_cast<double>(count) * exp2_cost(tables, width + 1);
    one += adder_tree_cost(count, tables.exp_width, hardware.device.levels);
    one += reciprocal_cost(tables, sum_width(view));
    one += static_cast<double>(count) *
           multiplier_cost(tables.exp_width + 1, tables.recip_width + tables.recip_lz_max + 1);
    return static_cast<double>(hardware.lanes_of(view.node.type) * softmax.groups) * one;
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const SoftmaxTables tables(view.node);
    const TensorType& x = view.operand(0);
    const SoftmaxGroups softmax(view);
    const std::string max_enable = emit_enable(view, hardware, 0, "max_enable", emission);
    const std::string exp_enable =
        emit_enable(view, hardware, exponential_delay(view, hardware), "exp_enable", emission);
    for (int unit = 0; unit < hardware.lanes_of(view.node.type) * softmax.groups; ++unit) {
      Instance instance{"softmax", emission.local(fmt::format("unit{}", unit)), {}, {}};
      instance.with("COUNT", softmax.count).with("IN_W", x.width);
      with_softmax_tables(instance, tables, hardware.device);
      instance.with_quantizer(tables.recip_frac(sum_width(view)), view.node.quantizer("output"));
      instance.with("MUL_STAGES", hardware.device.mul_stages).with("LEVELS", hardware.device.levels);
      instance.port("clk", "clk").port("max_enable", max_enable).port("exp_enable", exp_enable);
      instance.port("x", slice(emission.input(0), unit, softmax.count * x.width));
      instance.port("y", slice(emission.output(), unit, softmax.count * view.node.type.width));
      emission.instance(instance);
    }
  }

 private:
  /// `exp_sums`: takes the sums of exponentials, where somebody wants them.
  static Mantissas compute(const NodeView& view, const std::vector<const Mantissas*>& operands,
                           std::vector<double>* exp_sums) {
    const Mantissas& x = *operands[0];
    const SoftmaxTables tables(view.node);
    const int width = sum_width(view);
    const Quantizer& quantizer = view.node.quantizer("output");
    const SoftmaxGroups softmax(view);
    Mantissas y(x.rows(), x.cols());
    std::vector<std::int64_t> exponentials(static_cast<std::size_t>(softmax.count));
    for (Eigen::Index row = 0; row < x.rows(); ++row) {
      const Eigen::Index top = row - row % view.operand(0).tokens;
      for (int group = 0; group < softmax.groups; ++group) {
        const Eigen::Index first = group * softmax.count;
        double largest = -std::numeric_limits<double>::infinity();
        for (Eigen::Index f = 0; f < softmax.count; ++f) {
          largest = softmax.is_real(operands, top, f) ? std::max(largest, x(row, first + f)) : largest;
        }
        std::int64_t sum = 0;
        for (Eigen::Index f = 0; f < softmax.count; ++f) {
          std::int64_t& e = exponentials[static_cast<std::size_t>(f)];
          e = softmax.is_real(operands, top, f) ? tables.exp2(static_cast<std::int64_t>(x(row, first + f) - largest), 0)
                                                : 0;
          sum += e;
        }
        if (exp_sums != nullptr) {
          exp_sums->push_back(static_cast<double>(sum));
        }
        const std::int64_t inverse = tables.reciprocal(sum, width);
        for (Eigen::Index f = 0; f < softmax.count; ++f) {
          y(row, first + f) = static_cast<double>(
              requantize(exponentials[static_cast<std::size_t>(f)] * inverse, tables.recip_frac(width), quantizer));
        }
      }
    }
    return y;
  }

  /// Clocks from x to the exponentials of its differences.
  static int exponential_delay(const NodeView& view, const Hardware& hardware) {
    return max_tree_latency(SoftmaxGroups(view).count, hardware.device.levels) + 1;
  }

  static std::int64_t largest_product(const NodeView& view) {
    const SoftmaxTables tables(view.node);
    return std::int64_t{1} << (tables.exp_width + tables.recip_width + tables.recip_lz_max);
  }
};

}  // namespace

std::unique_ptr<Primitive> make_softmax() { return std::make_unique<Softmax>(); }

}  // namespace rtlgen
