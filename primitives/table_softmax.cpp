#include "primitives/table_softmax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "ir/numerics/table_kernels.hpp"
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

std::int64_t entry(const LookupStage& stage, std::int64_t x, int x_frac) {
  return table_entry(stage.table.values.data(), stage.table.values.size(), requantize(x, x_frac, stage.index));
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

void with_stage(Instance& instance, const std::string& prefix, const LookupStage& stage, int x_frac) {
  const Quantizer& index = stage.index;
  const int width = entries_of(stage).width;
  instance.with(prefix + "_SHIFT", x_frac - index.format.frac())
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

/// Mantissas on the way.
struct Trace {
  std::vector<double> differences;  // largest feature - feature, of real features
  std::vector<double> exp_sums;
};

Mantissas compute(const TableSoftmax& softmax, const NodeView& view, const std::vector<const Mantissas*>& operands,
                  Trace* trace) {
  const Mantissas& x = *operands[0];
  const int x_frac = view.operand(0).frac;
  const int frac = softmax.exp.frac + softmax.inv.frac;
  const SoftmaxGroups grouping(view, softmax.groups);
  Mantissas y(x.rows(), x.cols());
  std::vector<std::int64_t> exponentials(static_cast<std::size_t>(grouping.count));
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    const Eigen::Index top = row - row % view.operand(0).tokens;
    for (int group = 0; group < grouping.groups; ++group) {
      const Eigen::Index first = group * grouping.count;
      const auto largest = static_cast<std::int64_t>(x.row(row).segment(first, grouping.count).maxCoeff());
      std::int64_t sum = 0;
      for (Eigen::Index f = 0; f < grouping.count; ++f) {
        std::int64_t& e = exponentials[static_cast<std::size_t>(f)];
        const std::int64_t difference = largest - static_cast<std::int64_t>(x(row, first + f));
        e = grouping.is_real(operands, top, f) ? entry(softmax.exp, difference, x_frac) : 0;
        sum += e;
        if (trace != nullptr && grouping.is_real(operands, top, f)) {
          trace->differences.push_back(static_cast<double>(difference));
        }
      }
      if (trace != nullptr) {
        trace->exp_sums.push_back(static_cast<double>(sum));
      }
      const std::int64_t inverse = entry(softmax.inv, sum, softmax.exp.frac);
      for (Eigen::Index f = 0; f < grouping.count; ++f) {
        y(row, first + f) =
            static_cast<double>(requantize(exponentials[static_cast<std::size_t>(f)] * inverse, frac, softmax.output));
      }
    }
  }
  return y;
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
  return compute(*this, view, operands, nullptr);
}

std::vector<InternalTensor> TableSoftmax::internals(const NodeView& view,
                                                    const std::vector<const Mantissas*>& operands) const {
  Trace trace;
  compute(*this, view, operands, &trace);
  return {{"exp_index", exp.index.format, std::move(trace.differences), view.operand(0).frac},
          {"inv_index", inv.index.format, std::move(trace.exp_sums), exp.frac}};
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
  const std::string enable = emit_enable(view, grouping, hardware, delay, "enable", emission);
  for (int unit = 0; unit < hardware.lanes_of(view.node.type) * groups; ++unit) {
    Instance instance{"table_softmax", emission.local(fmt::format("unit{}", unit)), {}, {}};
    instance.with("COUNT", grouping.count).with("IN_W", x.width);
    with_stage(instance, "EXP", exp, x.frac);
    with_stage(instance, "INV", inv, exp.frac);
    instance.with_quantizer(exp.frac + inv.frac, output);
    instance.with("MUL_STAGES", hardware.device.mul_stages).with("LEVELS", hardware.device.levels);
    instance.port("clk", "clk").port("enable", enable);
    instance.port("x", slice(emission.input(0), unit, grouping.count * x.width));
    instance.port("y", slice(emission.output(), unit, grouping.count * view.node.type.width));
    emission.instance(instance);
  }
}

}  // namespace rtlgen
