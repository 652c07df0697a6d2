#include "primitives/add.hpp"

#include <algorithm>
#include <utility>

#include "primitives/block_steps.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {
namespace {

/// Left shifts that bring both operands to the finer binary point.
struct Alignment {
  int frac;
  int shift_a;
  int shift_b;
};

Alignment align(const NodeView& view) {
  const int frac = std::max(view.operand(0).frac, view.operand(1).frac);
  return {frac, frac - view.operand(0).frac, frac - view.operand(1).frac};
}

int sum_width(const NodeView& view, const Alignment& alignment) {
  return 1 + std::max(view.operand(0).width + alignment.shift_a, view.operand(1).width + alignment.shift_b);
}

Pipeline pipeline_of(const Add& add, const NodeView& view, const Hardware& hardware) {
  const Alignment alignment = align(view);
  const int width = sum_width(view, alignment);
  const long count = long{hardware.lanes_of(view.node.type)} * view.node.type.features;
  const DeviceModel& device = hardware.device;
  std::vector<Step> steps{{device.adder(width), count * 2 * (width - 1)}};
  steps = in_a_row(std::move(steps), requantize_steps(device, width, alignment.frac, add.output, add.relu, count));
  return {device, {0, hardware.start}, {{"REGISTERS", std::move(steps)}}};
}

}  // namespace

void Add::visit(AttributeVisitor& visitor) {
  visitor("relu", relu);
  visitor("output", output);
}

TensorType Add::infer(const NodeView& view) const {
  require_operands(view, 2);
  const TensorType& a = view.operand(0);
  const TensorType& b = view.operand(1);
  require(view, a.tokens == b.tokens && a.features == b.features, "operands must have the same shape");
  const Alignment alignment = align(view);
  require(view, std::max(alignment.shift_a, alignment.shift_b) <= kMaxShift, "binary points are too far apart");
  std::vector<Interval> sums;
  for (std::size_t f = 0; f < a.intervals.size(); ++f) {
    sums.push_back((std::int64_t{1} << alignment.shift_a) * a.intervals[f] +
                   (std::int64_t{1} << alignment.shift_b) * b.intervals[f]);
  }
  const TensorType sum = exact_type(a.tokens, alignment.frac, std::move(sums));
  require_exact(view, sum);
  require_quantizer(view, sum, output);
  return requantized_type(sum, output, relu);
}

Mantissas Add::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  const Alignment alignment = align(view);
  Mantissas sum = *operands[0] * static_cast<double>(std::int64_t{1} << alignment.shift_a) +
                  *operands[1] * static_cast<double>(std::int64_t{1} << alignment.shift_b);
  requantize(sum, alignment.frac, output, relu);
  return sum;
}

Timing Add::timing(const NodeView& view, const Hardware& hardware) const {
  return Timing(pipeline_of(*this, view, hardware));
}

Cost Add::cost(const NodeView& view, const Hardware& hardware) const {
  const Alignment alignment = align(view);
  const int width = sum_width(view, alignment);
  Cost one = requantize_cost(width, alignment.frac, output, relu);
  one.lut += width - 1;
  return static_cast<double>(hardware.lanes_of(view.node.type) * view.node.type.features) * one +
         pipeline_of(*this, view, hardware).cost();
}

void Add::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const Alignment alignment = align(view);
  Cell& cell = emission.cell("token_add", "unit");
  cell.with("COUNT", hardware.lanes_of(view.node.type) * view.node.type.features);
  cell.with("A_W", view.operand(0).width).with("A_SHIFT", alignment.shift_a);
  cell.with("B_W", view.operand(1).width).with("B_SHIFT", alignment.shift_b);
  cell.with_quantizer(alignment.frac, output).with("RELU", relu ? 1 : 0);
  pipeline_of(*this, view, hardware).set(cell);
  cell.port("clk").port("a", emission.input(0)).port("b", emission.input(1)).port("y", emission.output());
}

}  // namespace rtlgen
