#include "primitives/quantize.hpp"

#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {
namespace {

class Quantize final : public Primitive {
 public:
  std::string_view op() const override { return "quantize"; }

  TensorType infer(const NodeView& view) const override {
    require_operands(view, 1);
    require_quantizer(view, view.operand(0), view.node.quantizer("output"));
    return requantized_type(view.operand(0), view.node.quantizer("output"), view.node.integer("relu") != 0);
  }

  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override {
    Mantissas y = *operands[0];
    requantize(y, view.operand(0).frac, view.node.quantizer("output"), view.node.integer("relu") != 0);
    return y;
  }

  Timing timing(const NodeView& /*view*/, const Hardware& /*hardware*/) const override {
    return {Timing::Kind::tokenwise, 1};
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    const Quantizer& quantizer = view.node.quantizer("output");
    Cost one = requantize_cost(view.operand(0).width, view.operand(0).frac, quantizer);
    one.ff += quantizer.format.width;
    return static_cast<double>(hardware.lanes_of(view.node.type) * view.node.type.features) * one;
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    Instance instance{"vector_requantize", emission.local("unit"), {}, {}};
    instance.with("COUNT", hardware.lanes_of(view.node.type) * view.node.type.features);
    instance.with("IN_W", view.operand(0).width).with_quantizer(view.operand(0).frac, view.node.quantizer("output"));
    instance.with("RELU", view.node.integer("relu"));
    instance.port("clk", "clk").port("x", emission.input(0)).port("y", emission.output());
    emission.instance(instance);
  }
};

}  // namespace

std::unique_ptr<Primitive> make_quantize() { return std::make_unique<Quantize>(); }

}  // namespace rtlgen
