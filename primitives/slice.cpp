#include "primitives/slice.hpp"

#include <cmath>

#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"

namespace rtlgen {
namespace {

/// Low bits that are dropped.
int dropped_bits(const NodeView& view, const Quantizer& output) { return view.operand(0).frac - output.format.frac(); }

}  // namespace

void Slice::visit(AttributeVisitor& visitor) {
  visitor("first", first);
  visitor("count", count);
  visitor("output", output);
}

TensorType Slice::infer(const NodeView& view) const {
  require_operands(view, 1);
  const TensorType& operand = view.operand(0);
  require(view, first >= 0 && count >= 1 && first <= operand.features && count <= operand.features - first,
          "the features are not in the operand");
  const int dropped = dropped_bits(view, output);
  TensorType type = quantized_type(operand.tokens, count, output);
  require(view, dropped >= 0 && type.width + dropped <= operand.width, "the format is finer or wider than the operand");
  for (std::size_t i = 0; i < type.intervals.size(); ++i) {
    const Interval& all = operand.intervals[static_cast<std::size_t>(first) + i];
    type.intervals[i] = {all.lo >> dropped, all.hi >> dropped};
    require(view, signed_width(type.intervals[i]) <= type.width, "the format does not hold the operand's values");
  }
  return type;
}

Mantissas Slice::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  return (operands[0]->middleCols(first, count) * std::ldexp(1.0, -dropped_bits(view, output))).array().floor();
}

Timing Slice::timing(const NodeView& /*view*/, const Hardware& hardware) const { return Timing::wires(hardware.start); }

Cost Slice::cost(const NodeView& /*view*/, const Hardware& /*hardware*/) const { return {}; }

void Slice::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const TensorType& from = view.operand(0);
  const TensorType& to = view.node.type;
  for (int lane = 0; lane < hardware.lanes_of(to); ++lane) {
    for (int f = 0; f < to.features; ++f) {
      const Expression source = emission.input(0).element(lane * from.features + first + f, from.width);
      emission.assign(emission.output().element(lane * to.features + f, to.width),
                      source.bits(dropped_bits(view, output), to.width));
    }
  }
}

}  // namespace rtlgen
