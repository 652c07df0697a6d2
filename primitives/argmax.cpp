#include "primitives/argmax.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ir/numerics/table_kernels.hpp"
#include "primitives/block_costs.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/softmax_tables.hpp"

namespace rtlgen {

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
  return {std::max(1, max_tree_latency(view.operand(0).features, hardware.device.levels))};
}

Cost Argmax::cost(const NodeView& view, const Hardware& hardware) const {
  const TensorType& x = view.operand(0);
  return static_cast<double>(hardware.lanes_of(x)) * max_tree_cost(x.features, x.width, hardware.device.levels);
}

void Argmax::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const TensorType& x = view.operand(0);
  for (int lane = 0; lane < hardware.lanes_of(x); ++lane) {
    Cell& cell = emission.cell("argmax", fmt::format("lane{}", lane));
    cell.with("COUNT", x.features).with("IN_W", x.width).with("LEVELS", hardware.device.levels);
    cell.port("clk").port("x", emission.input(0).element(lane, x.features * x.width));
    cell.port("index", emission.output().element(lane, view.node.type.width));
  }
}

}  // namespace rtlgen
