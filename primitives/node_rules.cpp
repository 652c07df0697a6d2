#include "primitives/node_rules.hpp"

#include <algorithm>

#include "primitives/requantize.hpp"

namespace rtlgen {

void fail(const NodeView& view, const std::string& message) {
  throw IrError("node '" + view.node.name + "' (" + std::string(view.node.op()) + "): " + message);
}

void require(const NodeView& view, bool condition, const std::string& message) {
  if (!condition) {
    fail(view, message);
  }
}

void require_operands(const NodeView& view, std::size_t count) {
  require(view, view.operands.size() == count,
          "has " + std::to_string(view.operands.size()) + " operands, expected " + std::to_string(count));
}

void require_shape(const NodeView& view, const char* attribute, const Literal& literal, const std::vector<int>& shape) {
  std::size_t entries = 1;
  for (const int extent : shape) {
    entries *= static_cast<std::size_t>(extent);
  }
  require(view, literal.shape == shape && literal.values.size() == entries,
          "literal '" + std::string(attribute) + "' has a wrong shape");
}

void require_exact(const NodeView& view, const TensorType& type) {
  const Interval range = type.range();
  const std::int64_t bound = std::int64_t{1} << (kMaxTensorWidth - 1);
  require(view, range.lo > -bound && range.hi < bound,
          "exact sums need more than " + std::to_string(kMaxTensorWidth) + " bits; choose narrower formats");
}

void require_quantizer(const NodeView& view, const TensorType& exact, const Quantizer& quantizer) {
  const int shift = exact.frac - quantizer.format.frac();
  require(view, shift >= -kMaxShift && shift <= kMaxShift,
          "the binary points of " + to_string(quantizer.format) + " and of what goes in are more than " +
              std::to_string(kMaxShift) + " bits apart");
  require(view, signed_width(exact.range()) - std::min(shift, 0) < 62,
          to_string(quantizer.format) + " has too many fraction bits for what goes in");
}

void require_mask(const NodeView& view, std::size_t index) {
  const TensorType& mask = view.operand(index);
  require(view,
          mask.features == 1 && mask.tokens == view.operand(0).tokens && mask.range().lo >= 0 && mask.range().hi <= 1,
          "the mask must be one bit a token");
}

}  // namespace rtlgen
