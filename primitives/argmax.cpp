#include "primitives/argmax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ir/numerics/table_kernels.hpp"
#include "primitives/block_costs.hpp"
#include "primitives/block_steps.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"

namespace rtlgen {
namespace {

/// The levels of rtl_lib/argmax.v, `count` of them side by side.
std::vector<Step> argmax_steps(const DeviceModel& device, const TensorType& x, long count) {
  std::vector<Step> steps = max_tree_steps(device, x.features, x.width);
  int left = x.features;
  for (std::size_t level = 0; level < steps.size(); ++level, left = (left + 1) / 2) {
    steps[level].bits += static_cast<long>(level) * left;  // that many bits of an index differ below this level
  }
  return side_by_side(count, std::move(steps));
}

Pipeline pipeline_of(const NodeView& view, const Hardware& hardware) {
  const TensorType& x = view.operand(0);
  return {
      hardware.device, {0, hardware.start}, {{"REGISTERS", argmax_steps(hardware.device, x, hardware.lanes_of(x))}}};
}

}  // namespace

void Argmax::visit(AttributeVisitor& /*visitor*/) {}

TensorType Argmax::infer(const NodeView& view) const {
  require_operands(view, 1);
  const int bits = std::max(1, clog2(view.operand(0).features));
  TensorType type = quantized_type(view.operand(0).tokens, 1, Quantizer{Format{false, bits, bits}});
  type.intervals[0] = {0, view.operand(0).features - 1};
  return type;
}

Mantissas Argmax::evaluate(const NodeView& /*view*/, const std::vector<const Mantissas*>& operands) const {
  const Mantissas& x = *operands[0];
  Mantissas y(x.rows(), 1);
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    y(row, 0) = first_largest(x.row(row).data(), static_cast<int>(x.cols()));
  }
  return y;
}

Timing Argmax::timing(const NodeView& view, const Hardware& hardware) const {
  return Timing(pipeline_of(view, hardware));
}

Cost Argmax::cost(const NodeView& view, const Hardware& hardware) const {
  const TensorType& x = view.operand(0);
  Cost one = max_tree_cost(x.features, x.width);
  // An index bit of a level's node is a choice, the lowest is the comparison.
  int left = x.features;
  for (int level = 0; left > 1; ++level, left = (left + 1) / 2) {
    one.lut += 0.5 * level * (left / 2);  // a LUT chooses two bits
  }
  return static_cast<double>(hardware.lanes_of(x)) * one + pipeline_of(view, hardware).cost();
}

void Argmax::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const TensorType& x = view.operand(0);
  const Pipeline pipeline = pipeline_of(view, hardware);
  for (int lane = 0; lane < hardware.lanes_of(x); ++lane) {
    Cell& cell = emission.cell("argmax", fmt::format("lane{}", lane));
    cell.with("COUNT", x.features).with("IN_W", x.width);
    pipeline.set(cell);
    cell.port("clk").port("x", emission.input(0).element(lane, x.features * x.width));
    cell.port("index", emission.output().element(lane, view.node.type.width));
  }
}

}  // namespace rtlgen
