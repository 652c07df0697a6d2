#include "primitives/softmax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ir/numerics/softmax_kernel.hpp"
#include "primitives/block_costs.hpp"
#include "primitives/block_steps.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/products.hpp"
#include "primitives/requantize.hpp"
#include "primitives/softmax_groups.hpp"

namespace rtlgen {
namespace {

int sum_width(const SoftmaxTables& tables, const SoftmaxGroups& grouping) {
  return tables.exp_width + clog2(grouping.count);
}

std::int64_t largest_product(const SoftmaxTables& tables) {
  return std::int64_t{1} << (tables.exp_width + tables.recip_width + tables.recip_lz_max);
}

SoftmaxKernel kernel_of(const Softmax& softmax, const SoftmaxGroups& grouping) {
  const SoftmaxTables& tables = softmax.tables;
  const int width = sum_width(tables, grouping);
  return {tables.exp_table.values.data(),
          tables.exp_frac(),
          tables.exp_width,
          tables.recip_table.values.data(),
          tables.recip_index(),
          tables.recip_lz_max,
          width,
          tables.recip_frac(width),
          softmax.output};
}

}  // namespace

void Softmax::visit(AttributeVisitor& visitor) {
  tables.visit(visitor);
  visitor.defaulted("groups", groups, 1);
  visitor("output", output);
}

TensorType Softmax::infer(const NodeView& view) const {
  require_softmax_groups(view, groups);
  require_softmax_tables(view, tables);
  const TensorType& x = view.operand(0);
  const int width = sum_width(tables, SoftmaxGroups(view, groups));
  require(view, x.frac == tables.exp_frac(), "the operand must have as many fraction bits as the exp table");
  require(view, x.width <= kMaxSoftmaxWidth, "the operand is too wide");
  require(view, tables.recip_lz_max < width, "recip_lz_max is larger than the sum of exponentials");
  TensorType type = quantized_type(x.tokens, x.features, output);
  for (Interval& interval : type.intervals) {
    interval = requantize(Interval{0, largest_product(tables)}, tables.recip_frac(width), output);
  }
  return type;
}

Mantissas Softmax::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  const SoftmaxGroups grouping(view, groups);
  return softmax_groups(view, grouping, operands, kernel_of(*this, grouping), [](const auto&...) {});
}

std::vector<InternalTensor> Softmax::internals(const NodeView& view,
                                               const std::vector<const Mantissas*>& operands) const {
  const SoftmaxGroups grouping(view, groups);
  std::vector<double> sums;
  softmax_groups(view, grouping, operands, kernel_of(*this, grouping),
                 [&](const auto&, const auto*, std::int64_t sum) { sums.push_back(static_cast<double>(sum)); });
  const int width = sum_width(tables, grouping);
  const Format format{false, width, width - tables.exp_width + 1};
  return {{"exp_sum", format, std::move(sums), format.frac()}};
}

namespace {

/// The units of a softmax, and their registers.
struct Units {
  /// Sections of the pipeline.
  enum : std::size_t { kMaximum, kExponentials, kSum, kResult };

  SoftmaxGroups grouping;
  long count;  ///< one a lane and group
  Pipeline pipeline;

  /// Clocks from x to the use of the mask, for the maximum and for the exponentials.
  int maximum_delay() const { return pipeline.latency(kMaximum, 1); }
  int exponential_delay() const { return pipeline.latency(kExponentials); }
  /// Clocks that the values wait for their maximum, and the exponentials for the reciprocal of their sum: a chain of
  /// registers that ends in front of the difference, or of the product.
  int values_wait() const { return pipeline.latency(kExponentials) - pipeline.latency(kMaximum, 2); }
  int exponentials_wait() const { return pipeline.latency(kResult, 1) - pipeline.latency(kSum, 1); }
};

Units units_of(const Softmax& softmax, const NodeView& view, const Hardware& hardware) {
  const DeviceModel& device = hardware.device;
  const SoftmaxTables& tables = softmax.tables;
  const SoftmaxGroups grouping(view, softmax.groups);
  const long units = long{hardware.lanes_of(view.node.type)} * softmax.groups;
  const int count = grouping.count;
  const int width = view.operand(0).width;
  const int sum = sum_width(tables, grouping);
  const int recip_width = tables.recip_width + tables.recip_lz_max;
  const long exponentials = long{count} * tables.exp_width;
  std::vector<Step> sums =
      in_a_row(adder_tree_steps(device, count, tables.exp_width), reciprocal_steps(device, tables, sum));
  std::vector<Step> results =
      normalise_steps(device, count, tables.exp_width + 1, recip_width + 1, tables.recip_frac(sum), softmax.output);
  results = of_operands(exponentials + recip_width, std::move(results));
  return {grouping,
          units,
          {device,
           {0, hardware.start},
           {{"MAX_REGISTERS", side_by_side(units, max_difference_steps(device, count, width, grouping.masked))},
            {"EXP_REGISTERS", exp2_steps(device, tables, width + 1, units * count)},
            {"SUM_REGISTERS", side_by_side(units, beside_waiting(exponentials, std::move(sums)))},
            {"RESULT_REGISTERS", side_by_side(units, std::move(results))}}}};
}

}  // namespace

Timing Softmax::timing(const NodeView& view, const Hardware& hardware) const {
  const Units units = units_of(*this, view, hardware);
  return softmax_timing(units.grouping, units.pipeline);
}

Cost Softmax::cost(const NodeView& view, const Hardware& hardware) const {
  const Units units = units_of(*this, view, hardware);
  const int count = units.grouping.count;
  const int width = view.operand(0).width;
  const int sum = sum_width(tables, units.grouping);
  const int recip_width = tables.recip_width + tables.recip_lz_max;
  Cost value = exp2_cost(tables, width + 1);
  value += products_of(hardware.device, 1, tables.exp_width + 1, recip_width + 1).cost;
  value += requantize_cost(tables.exp_width + recip_width + 2, tables.recip_frac(sum), output);
  Cost one = static_cast<double>(count) * value;
  one += max_difference_cost(count, width, units.grouping.masked);
  one += adder_tree_cost(count, tables.exp_width);
  one += reciprocal_cost(tables, sum);
  Cost cost = static_cast<double>(units.count) * one + units.pipeline.cost();
  cost += delay_line_difference(units.count * count * width, units.values_wait());
  cost += delay_line_difference(units.count * count * tables.exp_width, units.exponentials_wait());
  cost += enable_cost(view, units.grouping, hardware, units.maximum_delay());
  return cost + enable_cost(view, units.grouping, hardware, units.exponential_delay());
}

void Softmax::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const TensorType& x = view.operand(0);
  const Units units = units_of(*this, view, hardware);
  const SoftmaxGroups& grouping = units.grouping;
  const int frac = tables.recip_frac(sum_width(tables, grouping));
  const Expression max_enable = emit_enable(view, grouping, hardware, units.maximum_delay(), "max_enable", emission);
  const Expression exp_enable =
      emit_enable(view, grouping, hardware, units.exponential_delay(), "exp_enable", emission);
  for (int unit = 0; unit < static_cast<int>(units.count); ++unit) {
    Cell& cell = emission.cell("softmax", fmt::format("unit{}", unit));
    cell.with("COUNT", grouping.count).with("IN_W", x.width);
    with_softmax_tables(cell, tables);
    cell.with_quantizer(frac, output);
    const int recip_width = tables.recip_width + tables.recip_lz_max;
    cell.with("LUT_STEPS", products_of(hardware.device, 1, tables.exp_width + 1, recip_width + 1).lut_steps);
    units.pipeline.set(cell);
    cell.port("clk").port("max_enable", max_enable).port("exp_enable", exp_enable);
    cell.port("x", emission.input(0).element(unit, grouping.count * x.width));
    cell.port("y", emission.output().element(unit, grouping.count * view.node.type.width));
  }
}

}  // namespace rtlgen
