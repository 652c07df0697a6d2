#include "primitives/quantize.hpp"

#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {

namespace {

Pipeline pipeline_of(const Quantize& quantize, const NodeView& view, const Hardware& hardware) {
  const long count = long{hardware.lanes_of(view.node.type)} * view.node.type.features;
  return {hardware.device,
          {0, hardware.start},
          {{"REGISTERS", requantize_steps(hardware.device, view.operand(0).width, view.operand(0).frac, quantize.output,
                                          quantize.relu, count)}}};
}

}  // namespace

void Quantize::visit(AttributeVisitor& visitor) {
  visitor("relu", relu);
  visitor("output", output);
}

TensorType Quantize::infer(const NodeView& view) const {
  require_operands(view, 1);
  require_quantizer(view, view.operand(0), output);
  return requantized_type(view.operand(0), output, relu);
}

Mantissas Quantize::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  Mantissas y = *operands[0];
  requantize(y, view.operand(0).frac, output, relu);
  return y;
}

Timing Quantize::timing(const NodeView& view, const Hardware& hardware) const {
  return Timing(pipeline_of(*this, view, hardware));
}

Cost Quantize::cost(const NodeView& view, const Hardware& hardware) const {
  const Cost one = requantize_cost(view.operand(0).width, view.operand(0).frac, output, relu);
  return static_cast<double>(hardware.lanes_of(view.node.type) * view.node.type.features) * one +
         pipeline_of(*this, view, hardware).cost();
}

void Quantize::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  Cell& cell = emission.cell("vector_requantize", "unit");
  cell.with("COUNT", hardware.lanes_of(view.node.type) * view.node.type.features);
  cell.with("IN_W", view.operand(0).width).with_quantizer(view.operand(0).frac, output);
  cell.with("RELU", relu ? 1 : 0);
  pipeline_of(*this, view, hardware).set(cell);
  cell.port("clk").port("x", emission.input(0)).port("y", emission.output());
}

}  // namespace rtlgen
