#include "primitives/softmax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ir/numerics/softmax_kernel.hpp"
#include "primitives/block_costs.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
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

/// Clocks from x to the exponentials of its differences.
int exponential_delay(const SoftmaxGroups& grouping, const Hardware& hardware) {
  return max_tree_latency(grouping.count, hardware.device.levels) + 1;
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

Timing Softmax::timing(const NodeView& view, const Hardware& hardware) const {
  const DeviceModel& device = hardware.device;
  const SoftmaxGroups grouping(view, groups);
  return softmax_timing(grouping, exponential_delay(grouping, hardware) + device.table_stages +
                                      adder_tree_latency(grouping.count, device.levels) + device.table_stages +
                                      device.mul_stages + 1);
}

Cost Softmax::cost(const NodeView& view, const Hardware& hardware) const {
  const SoftmaxGroups grouping(view, groups);
  const DeviceModel& device = hardware.device;
  const int count = grouping.count;
  const int width = view.operand(0).width;
  const int sum = sum_width(tables, grouping);
  const int recip_width = tables.recip_width + tables.recip_lz_max;
  const int tree = adder_tree_latency(count, device.levels);
  const int frac = tables.recip_frac(sum);
  Cost value = delay_line_cost(width, max_tree_latency(count, device.levels));
  value += Cost{width + 1.0, width + 1.0, 0, 0};  // difference to the maximum
  value += exp2_cost(tables, width + 1, device.table_stages);
  value += delay_line_cost(tables.exp_width, tree + device.table_stages);
  value += operand_cost(tables.exp_width, device.mul_stages);
  value += multiplier_cost(tables.exp_width + 1, recip_width + 1, device.mul_stages, unread_bits(frac, output));
  value += requantize_cost(tables.exp_width + recip_width + 2, frac, output);
  value.ff += output.format.width;
  Cost one = static_cast<double>(count) * value;
  one += max_tree_cost(count, width, device.levels);
  one += adder_tree_cost(count, tables.exp_width, device.levels);
  one += reciprocal_cost(tables, sum, device.table_stages);
  one += operand_cost(recip_width, device.mul_stages);
  return static_cast<double>(hardware.lanes_of(view.node.type) * groups) * one;
}

void Softmax::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const TensorType& x = view.operand(0);
  const SoftmaxGroups grouping(view, groups);
  const int frac = tables.recip_frac(sum_width(tables, grouping));
  const Expression max_enable = emit_enable(view, grouping, hardware, 0, "max_enable", emission);
  const Expression exp_enable =
      emit_enable(view, grouping, hardware, exponential_delay(grouping, hardware), "exp_enable", emission);
  for (int unit = 0; unit < hardware.lanes_of(view.node.type) * groups; ++unit) {
    Cell& cell = emission.cell("softmax", fmt::format("unit{}", unit));
    cell.with("COUNT", grouping.count).with("IN_W", x.width);
    with_softmax_tables(cell, tables, hardware.device);
    cell.with_quantizer(frac, output);
    cell.with("MUL_STAGES", hardware.device.mul_stages).with("LEVELS", hardware.device.levels);
    cell.port("clk").port("max_enable", max_enable).port("exp_enable", exp_enable);
    cell.port("x", emission.input(0).element(unit, grouping.count * x.width));
    cell.port("y", emission.output().element(unit, grouping.count * view.node.type.width));
  }
}

}  // namespace rtlgen
