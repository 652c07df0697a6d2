#include "primitives/pool.hpp"

#include <algorithm>
#include <cmath>

#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"
#include "primitives/softmax_tables.hpp"

namespace rtlgen {
namespace {

enum class Mode { mean = 0, sum = 1, max = 2 };

Mode mode_of(const NodeView& view) {
  const std::string& text = view.node.text("mode");
  require(view, text == "mean" || text == "sum" || text == "max", "mode must be mean, sum or max");
  return text == "mean" ? Mode::mean : (text == "sum" ? Mode::sum : Mode::max);
}

bool masked(const NodeView& view) { return view.operands.size() == 2; }

/// Type of the sum (or maximum), before scaling.
TensorType total_type(const NodeView& view) {
  const TensorType& x = view.operand(0);
  std::vector<Interval> totals;
  for (const Interval& interval : x.intervals) {
    const Interval with_zero = hull(interval, Interval{0, 0});
    totals.push_back(mode_of(view) == Mode::max ? with_zero : std::int64_t{x.tokens} * with_zero);
  }
  return exact_type(1, x.frac, std::move(totals));
}

/// Type of what goes into the requantizer.
TensorType exact_result_type(const NodeView& view) {
  TensorType total = total_type(view);
  if (mode_of(view) != Mode::mean) {
    return total;
  }
  const auto& scales = view.node.literal("scales").values;
  const std::int64_t largest = *std::max_element(scales.begin(), scales.end());
  for (Interval& interval : total.intervals) {
    interval = largest * interval;
  }
  return exact_type(1, total.frac + static_cast<int>(view.node.integer("scale_width")) - 1, total.intervals);
}

class Pool final : public Primitive {
 public:
  std::string_view op() const override { return "pool"; }

  TensorType infer(const NodeView& view) const override {
    require_operands(view, masked(view) ? 2 : 1);
    if (masked(view)) {
      require_mask(view, 1);
    }
    if (mode_of(view) == Mode::mean) {
      require_shape(view, "scales", {view.operand(0).tokens + 1});
    }
    const TensorType exact = exact_result_type(view);
    require_exact(view, exact);
    require_quantizer(view, exact, view.node.quantizer("output"));
    return requantized_type(exact, view.node.quantizer("output"));
  }

  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override {
    const Mantissas& x = *operands[0];
    const Mode mode = mode_of(view);
    const Eigen::Index tokens = view.operand(0).tokens;
    const Eigen::Index events = x.rows() / tokens;
    Mantissas y = Mantissas::Zero(events, x.cols());
    for (Eigen::Index event = 0; event < events; ++event) {
      int count = 0;
      for (Eigen::Index token = event * tokens; token < (event + 1) * tokens; ++token) {
        if (masked(view) && (*operands[1])(token, 0) == 0) {
          continue;
        }
        if (mode == Mode::max && count > 0) {
          y.row(event) = y.row(event).cwiseMax(x.row(token));
        } else {
          y.row(event) += x.row(token);
        }
        ++count;
      }
      if (mode == Mode::mean) {
        y.row(event) *= static_cast<double>(view.node.literal("scales").values[static_cast<std::size_t>(count)]);
      }
    }
    requantize(y, exact_result_type(view).frac, view.node.quantizer("output"));
    return y;
  }

  Timing timing(const NodeView& view, const Hardware& hardware) const override {
    const DeviceModel& device = hardware.device;
    const int lanes = hardware.lanes_of(view.operand(0));
    const bool is_max = mode_of(view) == Mode::max;
    const int tree = is_max ? max_tree_latency(lanes, device.levels) : adder_tree_latency(lanes, device.levels);
    return {Timing::Kind::reduction, tree + 1 + (mode_of(view) == Mode::mean ? device.mul_stages : 0) + 1};
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    const TensorType total = total_type(view);
    const int lanes = hardware.lanes_of(view.operand(0));
    Cost feature = adder_tree_cost(lanes, view.operand(0).width, hardware.device.levels);
    feature += Cost{static_cast<double>(total.width), static_cast<double>(total.width), 0, 0};
    if (mode_of(view) == Mode::mean) {
      feature += multiplier_cost(total.width, static_cast<int>(view.node.integer("scale_width")) + 1);
    }
    feature +=
        requantize_cost(exact_result_type(view).width, exact_result_type(view).frac, view.node.quantizer("output"));
    feature.ff += view.node.type.width;
    return static_cast<double>(view.node.type.features) * feature;
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const Mode mode = mode_of(view);
    const TensorType& x = view.operand(0);
    const int scale_width = mode == Mode::mean ? static_cast<int>(view.node.integer("scale_width")) : 1;
    Instance instance{"pool", emission.local("unit"), {}, {}};
    instance.with("MODE", static_cast<int>(mode)).with("TOKENS", x.tokens).with("LANES", hardware.lanes_of(x));
    instance.with("FEATURES", x.features).with("IN_W", x.width).with("MASKED", masked(view) ? 1 : 0);
    if (mode == Mode::mean) {
      instance.with("SCALE_W", scale_width);
      instance.with("SCALES", verilog_table(view.node.literal("scales").values, scale_width));
    }
    instance.with_quantizer(exact_result_type(view).frac, view.node.quantizer("output"));
    instance.with("MUL_STAGES", hardware.device.mul_stages).with("LEVELS", hardware.device.levels);
    const ControlWires& control = emission.control(0);
    instance.port("clk", "clk").port("in_valid", control.valid).port("in_first", control.first);
    instance.port("in_last", control.last).port("x", emission.input(0));
    const std::string all_real = std::to_string(hardware.lanes_of(x)) + "'d0";
    instance.port("mask", masked(view) ? emission.input(1) : all_real).port("y", emission.output());
    emission.instance(instance);
  }
};

}  // namespace

Literal make_mean_scales(int tokens, int width) {
  Literal scales{{tokens + 1}, {0}};
  for (int count = 1; count <= tokens; ++count) {
    scales.values.push_back(std::llround(std::ldexp(1.0 / count, width - 1)));
  }
  return scales;
}

std::unique_ptr<Primitive> make_pool() { return std::make_unique<Pool>(); }

}  // namespace rtlgen
