#include "primitives/concat.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {
namespace {

int finest(const NodeView& view) {
  int frac = view.operand(0).frac;
  for (const TensorType* const operand : view.operands) {
    frac = std::max(frac, operand->frac);
  }
  return frac;
}

}  // namespace

void Concat::visit(AttributeVisitor& /*visitor*/) {}

TensorType Concat::infer(const NodeView& view) const {
  require(view, view.operands.size() >= 2, "needs two or more operands");
  TensorType type = view.operand(0);
  type.frac = finest(view);
  type.features = 0;
  type.width = 1;
  type.intervals.clear();
  for (const TensorType* const operand : view.operands) {
    require(view, operand->tokens == type.tokens, "operands must have the same number of tokens");
    const int shift = type.frac - operand->frac;
    require(view, shift <= kMaxShift, "binary points are too far apart");
    type.features += operand->features;
    type.width = std::max(type.width, operand->width + shift);
    for (const Interval& interval : operand->intervals) {
      type.intervals.push_back((std::int64_t{1} << shift) * interval);
    }
  }
  require_exact(view, type);
  require(view, type.width <= kMaxTensorWidth, "binary points are too far apart");
  return type;
}

Mantissas Concat::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  Mantissas result(operands[0]->rows(), view.node.type.features);
  Eigen::Index column = 0;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const double factor = std::ldexp(1.0, view.node.type.frac - view.operand(i).frac);
    result.middleCols(column, operands[i]->cols()) = *operands[i] * factor;
    column += operands[i]->cols();
  }
  return result;
}

Timing Concat::timing(const NodeView& /*view*/, const Hardware& hardware) const {
  return Timing::wires(hardware.start);
}

Cost Concat::cost(const NodeView& /*view*/, const Hardware& /*hardware*/) const { return {}; }

void Concat::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const TensorType& to = view.node.type;
  int element = 0;
  for (int lane = 0; lane < hardware.lanes_of(to); ++lane) {
    for (std::size_t i = 0; i < view.operands.size(); ++i) {
      const TensorType& from = view.operand(i);
      for (int f = 0; f < from.features; ++f) {
        const Expression source = emission.input(i).element(lane * from.features + f, from.width);
        emission.assign(emission.output().element(element++, to.width), source.aligned(to.frac - from.frac, to.width));
      }
    }
  }
}

}  // namespace rtlgen
