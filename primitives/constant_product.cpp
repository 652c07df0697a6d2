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

/// What makes result `o` of a sum of this interval.
std::string quantizer_text(const AdderNetlist& netlist, const Interval& sum, const Sums& sums,
                           const ElementFormat& element, std::size_t o) {
  const auto [frac, relu, width] = sums;
  const std::string target = slice("result", static_cast<int>(o), width);
  if (sum.lo == sum.hi || element.pruned) {
    return fmt::format("  assign {} = {};\n", target, verilog_number(element.apply(sum.lo, frac, relu), width));
  }
  const Format& format = element.quantizer.format;
  const int bits = signed_width(sum);
  const int quantized = format.width + (format.is_signed ? 0 : 1);  // what the requantizer gives
  const bool direct = !element.limits && element.align == 0 && quantized == width;
  Instance instance{"requantize", fmt::format("quantize_{}", o), {}, {}};
  instance.with("IN_W", bits).with_quantizer(frac, element.quantizer).with("RELU", relu ? 1 : 0);
  instance.port("x", netlist.output(o, bits)).port("y", direct ? target : fmt::format("q{}", o));
  if (direct) {
    return to_verilog(instance);
  }
  std::string text = fmt::format("  wire [{}:0] q{};\n", quantized - 1, o) + to_verilog(instance);
  std::string own = fmt::format("q{}", o);
  if (element.limits) {
    text += fmt::format("  wire [{}:0] l{};\n", quantized - 1, o);
    Instance limiter{"limit", fmt::format("limit_{}", o), {}, {}};
    limiter.with("W", quantized)
        .with("LOW", verilog_number(element.limits->lo, quantized))
        .with("HIGH", verilog_number(element.limits->hi, quantized));
    limiter.port("x", own).port("y", fmt::format("l{}", o));
    text += to_verilog(limiter);
    own = fmt::format("l{}", o);
  }
  const int extended = width - quantized - element.align;
  std::string aligned = extended > 0 ? fmt::format("{{{}{{{}[{}]}}}}, ", extended, own, quantized - 1) : "";
  aligned += own + (element.align > 0 ? fmt::format(", {{{}{{1'b0}}}}", element.align) : "");
  return text + fmt::format("  assign {} = {{{}}};\n", target, aligned);
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

/// The Verilog module of a node.
std::string module_text(const std::string& name, const NodeView& view, const AdderPipeline& pipeline, int levels,
                        const Sums& sums, const FormatArray& formats) {
  const TensorType& input = view.operand(0);
  const TensorType& output = view.node.type;
  const AdderNetlist netlist(pipeline, "x", input.width);
  std::string text = fmt::format(
      "// {0}: y = requantize({1}W x + b), {2} inputs, {3} outputs, constant weights as shifted additions.\n"
      "// Latency: {4} clocks ({5} adder levels, {6} a stage). Generated; {7} adders, about {8} LUTs.\n"
      "`resetall\n`timescale 1ns / 1ps\n`default_nettype none\n\n"
      "module {0} (\n"
      "  input  wire clk,\n"
      "  input  wire [{9}:0] x,  // {2} x signed {10}, {11} fraction bits\n"
      "  output reg  [{12}:0] y  // {3} x signed {13}, {14} fraction bits\n"
      ");\n\n",
      name, sums.relu ? "relu " : "", input.features, output.features, pipeline.latency() + 1, pipeline.graph.depth(),
      levels, pipeline.adders(), pipeline.graph.adder_bits(), input.features * input.width - 1, input.width, input.frac,
      output.features * output.width - 1, output.width, output.frac);
  text += netlist.body();
  text += fmt::format("\n  wire [{}:0] result;\n", output.features * output.width - 1);
  for (std::size_t o = 0; o < pipeline.graph.outputs.size(); ++o) {
    text += quantizer_text(netlist, pipeline.graph.interval(pipeline.graph.outputs[o]), sums, formats.element(o), o);
  }
  text += "\n  always @(posedge clk) begin\n" + netlist.registers() + "    y <= result;\n  end\n\n";
  // Inputs may be wider than what intervals leave of them.
  return text + "  wire _unused = &{1'b0, x};\n\nendmodule\n\n`resetall\n";
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
  return {Timing::Kind::tokenwise, plan(*this, view, hardware.device).latency() + 1};
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
  const std::string name = emission.module_name();
  const Sums sums_of_node{sum_frac(view), relu, view.node.type.width};
  emission.add_module(name, module_text(name, view, pipeline, hardware.device.levels, sums_of_node, output));
  const int input_bits = view.operand(0).features * view.operand(0).width;
  const int output_bits = view.node.type.features * view.node.type.width;
  for (int lane = 0; lane < hardware.lanes_of(view.node.type); ++lane) {
    Instance instance{name, emission.local(fmt::format("lane{}", lane)), {}, {}};
    instance.port("clk", "clk")
        .port("x", slice(emission.input(0), lane, input_bits))
        .port("y", slice(emission.output(), lane, output_bits));
    emission.instance(instance);
  }
}

}  // namespace rtlgen
