#include "primitives/pool.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "primitives/block_costs.hpp"
#include "primitives/block_steps.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/products.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {
namespace {

constexpr std::array kPoolModes = {"mean", "sum", "max"};

bool masked(const NodeView& view) { return view.operands.size() == 2; }

/// Type of the sum (or maximum), before scaling.
TensorType total_type(const Pool& pool, const NodeView& view) {
  const TensorType& x = view.operand(0);
  std::vector<Interval> totals;
  for (const Interval& interval : x.intervals) {
    const Interval with_zero = hull(interval, Interval{0, 0});
    totals.push_back(pool.mode == PoolMode::max ? with_zero : std::int64_t{x.tokens} * with_zero);
  }
  return exact_type(1, x.frac, std::move(totals));
}

/// Type of what goes into the requantizer.
TensorType exact_result_type(const Pool& pool, const NodeView& view) {
  TensorType total = total_type(pool, view);
  if (pool.mode != PoolMode::mean) {
    return total;
  }
  const std::int64_t largest = *std::max_element(pool.scales.values.begin(), pool.scales.values.end());
  for (Interval& interval : total.intervals) {
    interval = largest * interval;
  }
  return exact_type(1, total.frac + pool.scale_width - 1, total.intervals);
}

/// Registers up to the accumulators, and behind them.
struct Registers {
  Pipeline sums;
  Pipeline results;

  Cost cost() const { return sums.cost() + results.cost(); }
};

Registers registers_of(const Pool& pool, const NodeView& view, const Hardware& hardware) {
  const DeviceModel& device = hardware.device;
  const TensorType& x = view.operand(0);
  const int features = x.features;
  const int lanes = hardware.lanes_of(x);
  const bool is_max = pool.mode == PoolMode::max;
  const bool is_mean = pool.mode == PoolMode::mean;
  const int total = total_type(pool, view).width;
  // Which tokens count is part of the first level's LUTs, as whether a sum starts afresh is of the accumulation's.
  std::vector<Step> sums = side_by_side(
      features, is_max ? max_tree_steps(device, lanes, x.width) : adder_tree_steps(device, lanes, x.width));
  sums.push_back({is_max ? device.maximum(total) : device.adder(total),
                  long{features} * (is_max ? x.width : x.width + clog2(lanes))});

  const TensorType exact = exact_result_type(pool, view);
  const int choice = !masked(view) ? 0 : is_mean ? device.table(clog2(x.tokens + 1)) : is_max ? device.luts(1) : 0;
  std::vector<Step> results{{choice, 0}};  // the accumulators are its register
  if (is_mean) {
    std::vector<Step> scaling = side_by_side(features, products_of(device, 1, total, pool.scale_width + 1).steps);
    scaling[0].bits = long{features} * total + (masked(view) ? pool.scale_width : 0);
    results = in_a_row(std::move(results), scaling);
  }
  results =
      in_a_row(std::move(results), requantize_steps(device, exact.width, exact.frac, pool.output, false, features));
  Pipeline up_to_sums(device, {0, hardware.start}, {{"SUM_REGISTERS", std::move(sums)}});
  Pipeline behind(device, {up_to_sums.end().clock + 1, 0}, {{"RESULT_REGISTERS", std::move(results)}});
  return {std::move(up_to_sums), std::move(behind)};
}

}  // namespace

void Pool::visit(AttributeVisitor& visitor) {
  visitor.choice("mode", mode, kPoolModes);
  if (mode == PoolMode::mean) {
    visitor("scales", scales);
    visitor("scale_width", scale_width);
  }
  visitor("output", output);
}

TensorType Pool::infer(const NodeView& view) const {
  require_operands(view, masked(view) ? 2 : 1);
  if (masked(view)) {
    require_mask(view, 1);
  }
  if (mode == PoolMode::mean) {
    require_shape(view, "scales", scales, {view.operand(0).tokens + 1});
  }
  const TensorType exact = exact_result_type(*this, view);
  require_exact(view, exact);
  require_quantizer(view, exact, output);
  return requantized_type(exact, output);
}

Mantissas Pool::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  const Mantissas& x = *operands[0];
  const Eigen::Index tokens = view.operand(0).tokens;
  const Eigen::Index events = x.rows() / tokens;
  Mantissas y = Mantissas::Zero(events, x.cols());
  for (Eigen::Index event = 0; event < events; ++event) {
    int count = 0;
    for (Eigen::Index token = event * tokens; token < (event + 1) * tokens; ++token) {
      if (masked(view) && (*operands[1])(token, 0) == 0) {
        continue;
      }
      if (mode == PoolMode::max && count > 0) {
        y.row(event) = y.row(event).cwiseMax(x.row(token));
      } else {
        y.row(event) += x.row(token);
      }
      ++count;
    }
    if (mode == PoolMode::mean) {
      y.row(event) *= static_cast<double>(scales.values[static_cast<std::size_t>(count)]);
    }
  }
  requantize(y, exact_result_type(*this, view).frac, output);
  return y;
}

Timing Pool::timing(const NodeView& view, const Hardware& hardware) const {
  const auto [sums, results] = registers_of(*this, view, hardware);
  Timing timing(results);
  timing.latency = results.end().clock;
  timing.fits = sums.fits();
  return timing;
}

Cost Pool::cost(const NodeView& view, const Hardware& hardware) const {
  const int width = total_type(*this, view).width;
  const TensorType exact = exact_result_type(*this, view);
  const int lanes = hardware.lanes_of(view.operand(0));
  Cost feature = mode == PoolMode::max ? max_tree_cost(lanes, view.operand(0).width)
                                       : adder_tree_cost(lanes, view.operand(0).width);
  // The accumulator's adder starts afresh by itself; a maximum takes half a LUT a bit to compare, and has an enable.
  feature += Cost{mode == PoolMode::max ? 0.5 * width : width, static_cast<double>(width), 0, 0};
  if (mode == PoolMode::mean) {
    feature += products_of(hardware.device, 1, width, scale_width + 1).cost;
  }
  feature += requantize_cost(exact.width, exact.frac, output);
  return static_cast<double>(view.node.type.features) * feature + registers_of(*this, view, hardware).cost();
}

void Pool::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const TensorType& x = view.operand(0);
  Cell& cell = emission.cell("pool", "unit");
  cell.with("MODE", static_cast<int>(mode)).with("TOKENS", x.tokens).with("LANES", hardware.lanes_of(x));
  cell.with("FEATURES", x.features).with("IN_W", x.width).with("MASKED", masked(view) ? 1 : 0);
  if (mode == PoolMode::mean) {
    cell.with("SCALE_W", scale_width);
    cell.with("LUT_STEPS", products_of(hardware.device, 1, total_type(*this, view).width, scale_width + 1).lut_steps);
    cell.with("SCALES", verilog_table(scales.values, scale_width));
  }
  cell.with_quantizer(exact_result_type(*this, view).frac, output);
  const auto [sums, results] = registers_of(*this, view, hardware);
  sums.set(cell);
  results.set(cell);
  const ControlWires& control = emission.control(0);
  cell.port("clk").port("in_valid", control.valid).port("in_first", control.first);
  cell.port("in_last", control.last).port("x", emission.input(0));
  cell.port("mask", masked(view) ? emission.input(1) : Expression::zeros(hardware.lanes_of(x)))
      .port("y", emission.output());
}

Literal make_mean_scales(int tokens, int width) {
  Literal scales{{tokens + 1}, {0}};
  for (int count = 1; count <= tokens; ++count) {
    scales.values.push_back(std::llround(std::ldexp(1.0 / count, width - 1)));
  }
  return scales;
}

}  // namespace rtlgen
