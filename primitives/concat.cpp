#include "primitives/concat.hpp"

#include <fmt/format.h>

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

/// Element `index` of wire `name`, at the result's binary point and width.
std::string aligned(const std::string& name, int index, const TensorType& from, const TensorType& to) {
  const int low = index * from.width;
  const int zeros = to.frac - from.frac;
  const int signs = to.width - zeros - from.width;
  std::string text = fmt::format("{}[{}:{}]", name, low + from.width - 1, low);
  if (signs > 0) {
    text = fmt::format("{{{}{{{}[{}]}}}}, ", signs, name, low + from.width - 1) + text;
  }
  return zeros > 0 ? text + fmt::format(", {{{}{{1'b0}}}}", zeros) : text;
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

Timing Concat::timing(const NodeView& /*view*/, const Hardware& /*hardware*/) const { return {0}; }

Cost Concat::cost(const NodeView& /*view*/, const Hardware& /*hardware*/) const { return {}; }

void Concat::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  int element = 0;
  for (int lane = 0; lane < hardware.lanes_of(view.node.type); ++lane) {
    for (std::size_t i = 0; i < view.operands.size(); ++i) {
      const TensorType& from = view.operand(i);
      for (int f = 0; f < from.features; ++f) {
        emission.line(fmt::format("assign {} = {{{}}};", slice(emission.output(), element++, view.node.type.width),
                                  aligned(emission.input(i), lane * from.features + f, from, view.node.type)));
      }
    }
  }
}

}  // namespace rtlgen
