#include "primitives/constant_product.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include "primitives/adder_graph_literals.hpp"
#include "primitives/cmvm/adder_netlist.hpp"
#include "primitives/cmvm/adder_pipeline.hpp"
#include "primitives/cmvm/adder_retiming.hpp"
#include "primitives/element_formats.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {
namespace {

AdderGraph adders_of(const ConstantProduct& product, const NodeView& view) {
  require(view, product.adders && product.sums, "its adder graph has not been found yet");
  return adder_graph(*product.adders, *product.sums, view.operand(0).intervals);
}

/// The pipeline up to the stage in which all outputs are requantized; a register follows.
AdderPipeline plan(const ConstantProduct& product, const NodeView& view, const DeviceModel& device) {
  AdderGraph graph = adders_of(product, view);
  const int depth = levels_needed(graph, device.levels);
  const int stages = stages_needed(graph, device.levels);
  const int slack = stages * device.levels - depth;
  // Requantization shares the last stage of sums if it is short enough.
  const int quantizing = product.output_levels(view);
  const int output_stage = slack >= quantizing || depth == 0 ? stages - 1 : stages;
  std::vector<int> retimed = retimed_stages(graph, device.levels, output_stage, quantizing);
  return make_adder_pipeline(std::move(graph), std::move(retimed), output_stage);
}

/// The sums, and the wires of a result.
struct Sums {
  int frac;
  bool relu;
  int result_width;
};

/// Adds what makes result `o` of a sum of this interval.
void add_quantizer(Body& body, const AdderNetlist& netlist, const Interval& sum, const Sums& sums,
                   const ElementFormat& element, int o, const Expression& result) {
  const auto [frac, relu, width] = sums;
  const Expression target = result.element(o, width);
  if (sum.lo == sum.hi || element.pruned) {
    body.assign(target, Expression::number(element.apply(sum.lo, frac, relu), width));
    return;
  }
  const Format& format = element.quantizer.format;
  const int bits = signed_width(sum);
  const int quantized = format.width + (format.is_signed ? 0 : 1);  // what the requantizer gives
  const bool direct = !element.limits && element.align == 0 && quantized == width;
  Expression code = direct ? target : body.net(fmt::format("q{}", o), quantized);
  Cell& cell = body.cell("requantize", fmt::format("quantize_{}", o));
  cell.with("IN_W", bits).with_quantizer(frac, element.quantizer).with("RELU", relu ? 1 : 0);
  cell.port("x", Expression::verilog(netlist.output(static_cast<std::size_t>(o), bits), bits)).port("y", code);
  if (element.limits) {
    const Expression limited = body.net(fmt::format("l{}", o), quantized);
    Cell& limiter = body.cell("limit", fmt::format("limit_{}", o));
    limiter.with("W", quantized)
        .with("LOW", verilog_number(element.limits->lo, quantized))
        .with("HIGH", verilog_number(element.limits->hi, quantized));
    limiter.port("x", code).port("y", limited);
    code = limited;
  }
  if (!direct) {
    body.assign(target, code.aligned(element.align, width));
  }
}

/// Bits of the registers between sums and their quantizers that no quantizer reads.
double unread_register_bits(const AdderPipeline& pipeline, int frac, const FormatArray& formats) {
  std::vector<int> last_use = pipeline.stage;  // by adders
  for (std::size_t id = 0; id < pipeline.graph.nodes.size(); ++id) {
    for (const AdderGraph::Operand& operand : pipeline.graph.nodes[id].operands()) {
      int& use = last_use[static_cast<std::size_t>(operand.node)];
      use = std::max(use, pipeline.stage[id]);
    }
  }
  double bits = 0;
  for (std::size_t o = 0; o < pipeline.graph.outputs.size(); ++o) {
    const AdderGraph::Output& sum = pipeline.graph.outputs[o];
    const ElementFormat element = formats.element(o);
    if (sum.node >= 0 && !element.pruned) {
      const int alone = pipeline.output_stage - last_use[static_cast<std::size_t>(sum.node)];
      const int width = signed_width(pipeline.graph.nodes[static_cast<std::size_t>(sum.node)].interval);
      bits += alone * std::clamp(unread_bits(frac, element.quantizer) - sum.shift, 0, width);
    }
  }
  return bits;
}

/// The header and ports of a node's module.
Module module_frame(const std::string& name, const NodeView& view, const AdderPipeline& pipeline, int levels,
                    bool relu) {
  const TensorType& input = view.operand(0);
  const TensorType& output = view.node.type;
  const auto shape = [](const TensorType& type) {
    return fmt::format("{} x signed {}, {} fraction bits", type.features, type.width, type.frac);
  };
  Module module{
      name, fmt::format("{}: y = requantize({}W x + b), {} inputs, {} outputs, constant weights as shifted additions.\n"
                        "Latency: {} clocks ({} adder levels, {} a stage). Generated; {} adders, about {} LUTs.",
                        name, relu ? "relu " : "", input.features, output.features, pipeline.latency() + 1,
                        pipeline.graph.depth(), levels, pipeline.adders(), pipeline.graph.adder_bits())};
  module.ports = {{PortKind::input, "clk"},
                  {PortKind::input, "x", input.features * input.width, shape(input)},
                  {PortKind::output_reg, "y", output.features * output.width, shape(output)}};
  module.sinks = {"x"};  // inputs may be wider than what intervals leave of them
  return module;
}

/// Fills the module of a node.
void add_product(Body& body, const NodeView& view, const AdderPipeline& pipeline, const Sums& sums,
                 const FormatArray& formats) {
  const AdderNetlist netlist(pipeline, "x", view.operand(0).width);
  body.text(netlist.body() + "\n");
  const Expression result = body.net("result", view.node.type.features * view.node.type.width);
  for (std::size_t o = 0; o < pipeline.graph.outputs.size(); ++o) {
    add_quantizer(body, netlist, pipeline.graph.interval(pipeline.graph.outputs[o]), sums, formats.element(o),
                  static_cast<int>(o), result);
  }
  body.text("\n  always @(posedge clk) begin\n" + netlist.registers() + "    y <= result;\n  end\n");
}

}  // namespace

int ConstantProduct::output_levels(const NodeView& view) const {
  return requantize_levels(sum_frac(view), output, bias.values.size());
}

TensorType ConstantProduct::checked_type(const NodeView& view, const TensorType& exact_sums) const {
  require_exact(view, exact_sums);
  require_formats(view, output, {exact_sums.features});
  for (const ElementFormat& element : element_formats(output, bias.values.size())) {
    require_quantizer(view, exact_sums, element.quantizer);
  }
  if (adders || sums) {
    try {
      require_product_of(adders_of(*this, view));
    } catch (const std::logic_error& error) {
      fail(view, error.what());
    }
  }
  return requantized_type(exact_sums, output, relu);
}

void ConstantProduct::visit_common(AttributeVisitor& visitor) {
  visitor("bias", bias);
  visitor("weight_frac", weight_frac);
  visitor("relu", relu);
  visitor(output);
  visitor("adders", adders);
  visitor("sums", sums);
}

std::shared_ptr<const Operation> ConstantProduct::with_adders(const AdderGraph& graph) const {
  std::shared_ptr<Operation> copy = clone();
  auto& product = dynamic_cast<ConstantProduct&>(*copy);
  product.require_product_of(graph);
  product.adders = adder_literal(graph);
  product.sums = sum_literal(graph);
  return copy;
}

Timing ConstantProduct::timing(const NodeView& view, const Hardware& hardware) const {
  return {plan(*this, view, hardware.device).latency() + 1};
}

Cost ConstantProduct::cost(const NodeView& view, const Hardware& hardware) const {
  const AdderPipeline pipeline = plan(*this, view, hardware.device);
  Cost cost;
  cost.lut = pipeline.graph.adder_bits();
  cost.ff = pipeline.register_bits() - unread_register_bits(pipeline, sum_frac(view), output);
  for (std::size_t o = 0; o < pipeline.graph.outputs.size(); ++o) {
    const Interval sum = pipeline.graph.interval(pipeline.graph.outputs[o]);
    cost += requantize_cost(signed_width(sum), sum_frac(view), output.element(o), relu);
  }
  return static_cast<double>(hardware.lanes_of(view.node.type)) * cost;
}

void ConstantProduct::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const AdderPipeline pipeline = plan(*this, view, hardware.device);
  Module module = module_frame(emission.module_name(), view, pipeline, hardware.device.levels, relu);
  const std::string name = module.name;
  add_product(module.body, view, pipeline, {sum_frac(view), relu, view.node.type.width}, output);
  emission.add_module(std::move(module));
  const int input_bits = view.operand(0).features * view.operand(0).width;
  const int output_bits = view.node.type.features * view.node.type.width;
  for (int lane = 0; lane < hardware.lanes_of(view.node.type); ++lane) {
    Cell& cell = emission.cell(name, fmt::format("lane{}", lane));
    cell.port("clk")
        .port("x", emission.input(0).element(lane, input_bits))
        .port("y", emission.output().element(lane, output_bits));
  }
}

}  // namespace rtlgen
