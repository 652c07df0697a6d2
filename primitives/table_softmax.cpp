#include "primitives/table_softmax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "ir/numerics/softmax_kernel.hpp"
#include "primitives/block_costs.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"
#include "primitives/softmax_groups.hpp"
#include "primitives/softmax_tables.hpp"
#include "primitives/table.hpp"

namespace rtlgen {
namespace {

constexpr int kMaxFrac = 64;

/// What follows from a table's entries.
struct Entries {
  Interval range;
  int width;  ///< of the largest
};

Entries entries_of(const LookupStage& stage) {
  const auto [lo, hi] = std::minmax_element(stage.table.values.begin(), stage.table.values.end());
  return {{*lo, *hi}, std::max(1, signed_width({0, *hi}) - 1)};
}

LookupKernel kernel_of(const LookupStage& stage, int x_frac) {
  return {stage.index, stage.table.values.data(), stage.table.values.size(), x_frac};
}

TableSoftmaxKernel kernel_of(const TableSoftmax& softmax, int x_frac) {
  return {kernel_of(softmax.exp, x_frac), kernel_of(softmax.inv, softmax.exp.frac), softmax.exp.frac + softmax.inv.frac,
          softmax.output};
}

/// A requantizer, its register, the table and its register.
Cost stage_cost(const LookupStage& stage, int entry_width, int x_width, int x_frac) {
  const int bits = stage.index.format.width;
  Cost one = requantize_cost(x_width, x_frac, stage.index);
  one += table_cost(stage.table.values, entry_width);
  one.ff += bits + entry_width;
  return one;
}

/// Throws unless the table of `name` has an entry for each code of its index.
void require_table(const NodeView& view, const std::string& name, const LookupStage& stage) {
  const int width = stage.index.format.width;
  require(view, width >= 1 && width <= kMaxTableBits,
          fmt::format("{}_index must have 1 to {} bits", name, kMaxTableBits));
  require_shape(view, (name + "_table").c_str(), stage.table, {1 << width});
  require(view,
          std::all_of(stage.table.values.begin(), stage.table.values.end(),
                      [](std::int64_t value) { return value >= 0 && value >> kMaxSoftmaxEntryBits == 0; }),
          fmt::format("an entry of {}_table is not one of 0 to 2^{} - 1", name, kMaxSoftmaxEntryBits));
  require(view, stage.frac >= -kMaxFrac && stage.frac <= kMaxFrac,
          fmt::format("{0}_frac must be -{1} to {1}", name, kMaxFrac));
}

void with_stage(Cell& cell, const std::string& prefix, const LookupStage& stage, int x_frac) {
  const Quantizer& index = stage.index;
  const int width = entries_of(stage).width;
  cell.with(prefix + "_SHIFT", x_frac - index.format.frac())
      .with(prefix + "_INDEX_W", index.format.width)
      .with(prefix + "_INDEX_SIGNED", index.format.is_signed ? 1 : 0)
      .with(prefix + "_ROUNDING", static_cast<int>(index.rounding))
      .with(prefix + "_OVERFLOW", static_cast<int>(index.overflow))
      .with(prefix + "_W", width)
      .with(prefix + "_TABLE", verilog_table(stage.table.values, width));
}

/// Clocks from x to the tables' entries for its differences.
int exponential_delay(const SoftmaxGroups& grouping, const Hardware& hardware) {
  return max_tree_latency(grouping.count, hardware.device.levels) + 2;
}

}  // namespace

void TableSoftmax::visit(AttributeVisitor& visitor) {
  visitor("exp_index", exp.index);
  visitor("exp_table", exp.table);
  visitor("exp_frac", exp.frac);
  visitor("inv_index", inv.index);
  visitor("inv_table", inv.table);
  visitor("inv_frac", inv.frac);
  visitor.defaulted("groups", groups, 1);
  visitor("output", output);
}

TensorType TableSoftmax::infer(const NodeView& view) const {
  require_softmax_groups(view, groups);
  require_table(view, "exp", exp);
  require_table(view, "inv", inv);
  const TensorType& x = view.operand(0);
  const Interval range = x.range();
  const SoftmaxGroups grouping(view, groups);
  const Interval numerator = entries_of(exp).range;
  const Interval inverse = entries_of(inv).range;
  const Interval exponential{grouping.masked ? 0 : numerator.lo, numerator.hi};
  const Interval product{exponential.lo * inverse.lo, exponential.hi * inverse.hi};
  require_quantizer(view, exact_type(1, x.frac, {{0, range.hi - range.lo}}), exp.index);
  require_quantizer(view, exact_type(1, exp.frac, {grouping.count * exponential}), inv.index);
  const TensorType exact =
      exact_type(x.tokens, exp.frac + inv.frac, std::vector<Interval>(static_cast<std::size_t>(x.features), product));
  require_quantizer(view, exact, output);
  return requantized_type(exact, output);
}

Mantissas TableSoftmax::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  return softmax_groups(view, SoftmaxGroups(view, groups), operands, kernel_of(*this, view.operand(0).frac),
                        [](const auto&...) {});
}

std::vector<InternalTensor> TableSoftmax::internals(const NodeView& view,
                                                    const std::vector<const Mantissas*>& operands) const {
  std::vector<double> differences;
  std::vector<double> sums;
  const auto take = [&](const auto& x, const std::uint8_t* real, std::int64_t sum) {
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      if (real == nullptr || real[i] != 0) {
        differences.push_back(static_cast<double>(x.maxCoeff() - x[i]));
      }
    }
    sums.push_back(static_cast<double>(sum));
  };
  softmax_groups(view, SoftmaxGroups(view, groups), operands, kernel_of(*this, view.operand(0).frac), take);
  return {{"exp_index", exp.index.format, std::move(differences), view.operand(0).frac},
          {"inv_index", inv.index.format, std::move(sums), exp.frac}};
}

Timing TableSoftmax::timing(const NodeView& view, const Hardware& hardware) const {
  const DeviceModel& device = hardware.device;
  const SoftmaxGroups grouping(view, groups);
  return softmax_timing(grouping, exponential_delay(grouping, hardware) + 1 +
                                      adder_tree_latency(grouping.count, device.levels) + 2 + device.mul_stages + 1);
}

Cost TableSoftmax::cost(const NodeView& view, const Hardware& hardware) const {
  const TensorType& x = view.operand(0);
  const DeviceModel& device = hardware.device;
  const int count = SoftmaxGroups(view, groups).count;
  const int exp_width = entries_of(exp).width;
  const int inv_width = entries_of(inv).width;
  const int frac = exp.frac + inv.frac;
  Cost value = delay_line_cost(x.width, max_tree_latency(count, device.levels));
  value += Cost{x.width + 1.0, x.width + 1.0, 0, 0};  // difference to the maximum
  value += stage_cost(exp, exp_width, x.width + 1, x.frac);
  value += delay_line_cost(exp_width, adder_tree_latency(count, device.levels) + 2);
  value += operand_cost(exp_width, device.mul_stages);
  value += multiplier_cost(exp_width + 1, inv_width + 1, device.mul_stages, unread_bits(frac, output));
  value += requantize_cost(exp_width + inv_width + 2, frac, output);
  value.ff += output.format.width;
  Cost one = static_cast<double>(count) * value;
  one += max_tree_cost(count, x.width, device.levels);
  one += adder_tree_cost(count, exp_width, device.levels);
  one += stage_cost(inv, inv_width, exp_width + clog2(count) + 1, exp.frac);
  one += operand_cost(inv_width, device.mul_stages);
  return static_cast<double>(hardware.lanes_of(view.node.type) * groups) * one;
}

void TableSoftmax::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const TensorType& x = view.operand(0);
  const SoftmaxGroups grouping(view, groups);
  const int delay = exponential_delay(grouping, hardware);
  const Expression enable = emit_enable(view, grouping, hardware, delay, "enable", emission);
  for (int unit = 0; unit < hardware.lanes_of(view.node.type) * groups; ++unit) {
    Cell& cell = emission.cell("table_softmax", fmt::format("unit{}", unit));
    cell.with("COUNT", grouping.count).with("IN_W", x.width);
    with_stage(cell, "EXP", exp, x.frac);
    with_stage(cell, "INV", inv, exp.frac);
    cell.with_quantizer(exp.frac + inv.frac, output);
    cell.with("MUL_STAGES", hardware.device.mul_stages).with("LEVELS", hardware.device.levels);
    cell.port("clk").port("enable", enable);
    cell.port("x", emission.input(0).element(unit, grouping.count * x.width));
    cell.port("y", emission.output().element(unit, grouping.count * view.node.type.width));
  }
}

}  // namespace rtlgen
