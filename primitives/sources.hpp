// input and mask: the streams that come from outside.
#pragma once

#include <vector>

#include "ir/mask_kind.hpp"
#include "primitives/primitive.hpp"

namespace rtlgen {

/// What both sources share: no operands, and values that the caller of the golden model supplies.
template <typename T>
class Source : public PrimitiveOf<T> {
 public:
  /// Throws IrError: the values come with the events.
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override;
};

/// The event's tokens. RTL: wires.
class Input final : public Source<Input> {
 public:
  static constexpr std::string_view kOp = "input";
  int tokens = 1;
  int features = 1;
  Quantizer format;  ///< how real numbers become mantissas outside the core

  Input() = default;
  Input(int event_tokens, int token_features, const Quantizer& to)
      : tokens(event_tokens), features(token_features), format(to) {}

  Origin origin() const override { return Origin::event; }
  const Quantizer* output_quantizer() const override { return &format; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;
};

/// One bit a token: 1 real, 0 padding. RTL: wires, or count_mask (latency 1).
class Mask final : public Source<Mask> {
 public:
  static constexpr std::string_view kOp = "mask";
  int tokens = 1;
  MaskKind kind = MaskKind::valid;  ///< valid: a bit a token from outside; count: a number of tokens an event

  Mask() = default;
  Mask(int event_tokens, MaskKind which) : tokens(event_tokens), kind(which) {}

  Origin origin() const override { return Origin::mask; }
  void visit(AttributeVisitor& visitor) override;
  TensorType infer(const NodeView& view) const override;
  Timing timing(const NodeView& view, const Hardware& hardware) const override;
  Cost cost(const NodeView& view, const Hardware& hardware) const override;
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override;
};

/// What the mask of a graph's events is; none where it has no mask.
MaskKind mask_kind(const Graph& graph);

}  // namespace rtlgen
