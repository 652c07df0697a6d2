#include "primitives/sources.hpp"

#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"

namespace rtlgen {
namespace {

/// What both sources share: no operands, and values that the caller of the golden model supplies.
class Source : public Primitive {
 public:
  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& /*operands*/) const override {
    fail(view, "is a source; its values come with the events");
  }
};

class Input final : public Source {
 public:
  std::string_view op() const override { return "input"; }

  TensorType infer(const NodeView& view) const override {
    require_operands(view, 0);
    return quantized_type(static_cast<int>(view.node.integer("tokens")),
                          static_cast<int>(view.node.integer("features")), view.node.quantizer("format"));
  }

  Timing timing(const NodeView& /*view*/, const Hardware& /*hardware*/) const override {
    return {Timing::Kind::source, 0};
  }

  Cost cost(const NodeView& /*view*/, const Hardware& /*hardware*/) const override { return {}; }

  /// Wiring: the port's elements, each extended to a signed number.
  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const Format& format = view.node.quantizer("format").format;
    if (format.is_signed) {
      emission.line("assign " + emission.output() + " = in_data;");
      return;
    }
    const int elements = hardware.lanes_of(view.node.type) * view.node.type.features;
    for (int element = 0; element < elements; ++element) {
      emission.line("assign " + slice(emission.output(), element, view.node.type.width) + " = {1'b0, " +
                    slice("in_data", element, format.width) + "};");
    }
  }
};

class Mask final : public Source {
 public:
  std::string_view op() const override { return "mask"; }

  TensorType infer(const NodeView& view) const override {
    require_operands(view, 0);
    const std::string& kind = view.node.text("kind");
    require(view, kind == "valid" || kind == "count", "kind must be valid or count");
    TensorType type{static_cast<int>(view.node.integer("tokens")), 1, 0, 1, {Interval{0, 1}}};
    return type;
  }

  Timing timing(const NodeView& view, const Hardware& /*hardware*/) const override {
    return {Timing::Kind::source, view.node.text("kind") == "count" ? 1 : 0};
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    if (view.node.text("kind") == "valid") {
      return {};
    }
    const double bits = clog2(hardware.tokens + 1);
    return {hardware.lanes * bits + 2 * bits, hardware.lanes + 2 * bits, 0, 0};
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    if (view.node.text("kind") == "valid") {
      emission.line("assign " + emission.output() + " = in_mask;");
      return;
    }
    Instance instance{"count_mask", emission.local("counter"), {}, {}};
    instance.with("TOKENS", hardware.tokens).with("LANES", hardware.lanes).with("COUNT_W", clog2(hardware.tokens + 1));
    instance.port("clk", "clk").port("rst", "rst").port("in_valid", "in_valid").port("in_first", "in_first");
    instance.port("in_count", "in_count").port("mask", emission.output());
    emission.instance(instance);
  }
};

}  // namespace

std::unique_ptr<Primitive> make_input() { return std::make_unique<Input>(); }
std::unique_ptr<Primitive> make_mask() { return std::make_unique<Mask>(); }

}  // namespace rtlgen
