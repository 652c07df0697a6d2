#include "primitives/table_softmax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "ir/numerics/softmax_kernel.hpp"
#include "primitives/block_costs.hpp"
#include "primitives/block_steps.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/products.hpp"
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

/// A requantizer and the table.
Cost stage_cost(const LookupStage& stage, int entry_width, int x_width, int x_frac) {
  return requantize_cost(x_width, x_frac, stage.index) + table_cost(stage.table.values, entry_width);
}

/// Their steps, `count` times; a `masked` entry may be made 0.
std::vector<Step> stage_steps(const DeviceModel& device, const LookupStage& stage, int x_width, int x_frac, bool masked,
                              long count) {
  const int address = stage.index.format.width;
  return in_a_row(requantize_steps(device, x_width, x_frac, stage.index, false, count),
                  {{device.table(address) + device.luts(masked ? 1 : 0), count * address}});
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

namespace {

/// The units of a softmax, and their registers.
struct Units {
  /// Sections of the pipeline.
  enum : std::size_t { kMaximum, kExponentials, kSum, kResult };

  SoftmaxGroups grouping;
  long count;  ///< one a lane and group
  int exp_width;
  int inv_width;
  Pipeline pipeline;

  /// Clocks from x to the use of the mask.
  int mask_delay() const { return pipeline.latency(kSum); }
  /// Clocks that the values wait for their maximum, and the exponentials for the inverse of their sum: a chain of
  /// registers that ends in front of the difference, or of the product.
  int values_wait() const { return pipeline.latency(kExponentials) - pipeline.latency(kMaximum, 2); }
  int exponentials_wait() const { return pipeline.latency(kResult, 1) - pipeline.latency(kSum, 1); }
};

Units units_of(const TableSoftmax& softmax, const NodeView& view, const Hardware& hardware) {
  const DeviceModel& device = hardware.device;
  const TensorType& x = view.operand(0);
  const SoftmaxGroups grouping(view, softmax.groups);
  const long units = long{hardware.lanes_of(view.node.type)} * softmax.groups;
  const int count = grouping.count;
  const int exp_width = entries_of(softmax.exp).width;
  const int inv_width = entries_of(softmax.inv).width;
  const long exponentials = long{count} * exp_width;
  std::vector<Step> sums =
      in_a_row(adder_tree_steps(device, count, exp_width),
               stage_steps(device, softmax.inv, exp_width + 1 + clog2(count), softmax.exp.frac, false, 1));
  std::vector<Step> results =
      normalise_steps(device, count, exp_width + 1, inv_width + 1, softmax.exp.frac + softmax.inv.frac, softmax.output);
  results = of_operands(exponentials + inv_width, std::move(results));
  return {grouping,
          units,
          exp_width,
          inv_width,
          {device,
           {0, hardware.start},
           {{"MAX_REGISTERS", side_by_side(units, max_difference_steps(device, count, x.width, false))},
            {"EXP_REGISTERS", stage_steps(device, softmax.exp, x.width + 1, x.frac, grouping.masked, units * count)},
            {"SUM_REGISTERS", side_by_side(units, beside_waiting(exponentials, std::move(sums)))},
            {"RESULT_REGISTERS", side_by_side(units, std::move(results))}}}};
}

}  // namespace

Timing TableSoftmax::timing(const NodeView& view, const Hardware& hardware) const {
  const Units units = units_of(*this, view, hardware);
  return softmax_timing(units.grouping, units.pipeline);
}

Cost TableSoftmax::cost(const NodeView& view, const Hardware& hardware) const {
  const TensorType& x = view.operand(0);
  const Units units = units_of(*this, view, hardware);
  const int count = units.grouping.count;
  Cost value = stage_cost(exp, units.exp_width, x.width + 1, x.frac);
  value.lut += units.grouping.masked ? units.exp_width : 0;
  value += products_of(hardware.device, 1, units.exp_width + 1, units.inv_width + 1).cost;
  value += requantize_cost(units.exp_width + units.inv_width + 2, exp.frac + inv.frac, output);
  Cost one = static_cast<double>(count) * value;
  one += max_difference_cost(count, x.width, false);
  one += adder_tree_cost(count, units.exp_width);
  one += stage_cost(inv, units.inv_width, units.exp_width + clog2(count) + 1, exp.frac);
  Cost cost = static_cast<double>(units.count) * one + units.pipeline.cost();
  cost += delay_line_difference(units.count * count * x.width, units.values_wait());
  cost += delay_line_difference(units.count * count * units.exp_width, units.exponentials_wait());
  return cost + enable_cost(view, units.grouping, hardware, units.mask_delay());
}

void TableSoftmax::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const TensorType& x = view.operand(0);
  const Units units = units_of(*this, view, hardware);
  const SoftmaxGroups& grouping = units.grouping;
  const Expression enable = emit_enable(view, grouping, hardware, units.mask_delay(), "enable", emission);
  for (int unit = 0; unit < static_cast<int>(units.count); ++unit) {
    Cell& cell = emission.cell("table_softmax", fmt::format("unit{}", unit));
    cell.with("COUNT", grouping.count).with("IN_W", x.width);
    with_stage(cell, "EXP", exp, x.frac);
    with_stage(cell, "INV", inv, exp.frac);
    cell.with_quantizer(exp.frac + inv.frac, output);
    cell.with("LUT_STEPS", products_of(hardware.device, 1, units.exp_width + 1, units.inv_width + 1).lut_steps);
    units.pipeline.set(cell);
    cell.port("clk").port("enable", enable);
    cell.port("x", emission.input(0).element(unit, grouping.count * x.width));
    cell.port("y", emission.output().element(unit, grouping.count * view.node.type.width));
  }
}

}  // namespace rtlgen
