#include "primitives/sources.hpp"

#include <array>

#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"

namespace rtlgen {
namespace {

/// The words of a mask's kind; that of MaskKind::none, which no mask is, is not among them.
constexpr std::array kMaskWords = {"valid", "count"};
enum class MaskWord { valid, count };

}  // namespace

template <typename T>
Mantissas Source<T>::evaluate(const NodeView& view, const std::vector<const Mantissas*>& /*operands*/) const {
  fail(view, "is a source; its values come with the events");
}

template class Source<Input>;
template class Source<Mask>;

void Input::visit(AttributeVisitor& visitor) {
  visitor("tokens", tokens);
  visitor("features", features);
  visitor("format", format);
}

TensorType Input::infer(const NodeView& view) const {
  require_operands(view, 0);
  return quantized_type(tokens, features, format);
}

Timing Input::timing(const NodeView& /*view*/, const Hardware& /*hardware*/) const { return Timing(0); }

Cost Input::cost(const NodeView& /*view*/, const Hardware& /*hardware*/) const { return {}; }

/// Wiring: the port's elements, each extended to a signed number.
void Input::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const int elements = hardware.lanes_of(view.node.type) * view.node.type.features;
  const Expression port("in_data", elements * format.format.width);
  if (format.format.is_signed) {
    emission.assign(emission.output(), port);
    return;
  }
  for (int element = 0; element < elements; ++element) {
    emission.assign(emission.output().element(element, view.node.type.width),
                    Expression::concatenation({Expression::zeros(1), port.element(element, format.format.width)}));
  }
}

void Mask::visit(AttributeVisitor& visitor) {
  visitor("tokens", tokens);
  MaskWord word = kind == MaskKind::count ? MaskWord::count : MaskWord::valid;
  visitor.choice("kind", word, kMaskWords);
  kind = word == MaskWord::count ? MaskKind::count : MaskKind::valid;
}

TensorType Mask::infer(const NodeView& view) const {
  require_operands(view, 0);
  require(view, kind != MaskKind::none, "kind must be valid or count");
  return TensorType{tokens, 1, 0, 1, {Interval{0, 1}}};
}

Timing Mask::timing(const NodeView& /*view*/, const Hardware& /*hardware*/) const {
  return Timing(kind == MaskKind::count ? 1 : 0);
}

Cost Mask::cost(const NodeView& /*view*/, const Hardware& hardware) const {
  if (kind == MaskKind::valid) {
    return {};
  }
  const double bits = clog2(hardware.tokens + 1);
  return {hardware.lanes * bits + 2 * bits, hardware.lanes + 2 * bits, 0, 0};
}

void Mask::emit(const NodeView& /*view*/, const Hardware& hardware, Emission& emission) const {
  if (kind == MaskKind::valid) {
    emission.assign(emission.output(), Expression("in_mask", hardware.lanes));
    return;
  }
  Cell& cell = emission.cell("count_mask", "counter");
  cell.with("TOKENS", hardware.tokens).with("LANES", hardware.lanes).with("COUNT_W", clog2(hardware.tokens + 1));
  cell.port("clk").port("rst").port("in_valid").port("in_first");
  cell.port("in_count").port("mask", emission.output());
}

MaskKind mask_kind(const Graph& graph) {
  for (const Graph::NodeId id : graph.inputs()) {
    if (const Mask* const mask = graph.node(id).as<Mask>()) {
      return mask->kind;
    }
  }
  return MaskKind::none;
}

}  // namespace rtlgen
