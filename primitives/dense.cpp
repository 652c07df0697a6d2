#include "primitives/dense.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "primitives/adder_graph_literals.hpp"
#include "primitives/cmvm/adder_netlist.hpp"
#include "primitives/cmvm/adder_pipeline.hpp"
#include "primitives/cmvm/adder_retiming.hpp"
#include "primitives/element_quantizers.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"

namespace rtlgen {
namespace {

int accumulator_frac(const NodeView& view) {
  return view.operand(0).frac + static_cast<int>(view.node.integer("weight_frac"));
}

AdderGraph adders_of(const NodeView& view) {
  const Node& node = view.node;
  return adder_graph(node.literal("adders"), node.literal("sums"), view.operand(0).intervals);
}

/// The pipeline up to the stage in which all outputs are requantized; a register follows.
AdderPipeline plan(const NodeView& view, const DeviceModel& device) {
  AdderGraph graph = adders_of(view);
  const int depth = levels_needed(graph, device.levels);
  const int stages = stages_needed(graph, device.levels);
  const int slack = stages * device.levels - depth;
  // Requantization shares the last stage of sums if it is short enough.
  const int quantizing = quantizer_levels(view, view.node.literal("weight").shape[0], accumulator_frac(view));
  const int output_stage = slack >= quantizing || depth == 0 ? stages - 1 : stages;
  std::vector<int> retimed = retimed_stages(graph, device.levels, output_stage, quantizing);
  return make_adder_pipeline(std::move(graph), std::move(retimed), output_stage);
}

/// What makes result `o` of a sum of this interval.
std::string quantizer_text(const AdderNetlist& netlist, const Interval& sum, const NodeView& view,
                           const ElementQuantizer& element, std::size_t o) {
  const bool relu = view.node.integer("relu") != 0;
  const int frac = accumulator_frac(view);
  const int width = view.node.type.width;
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

/// The Verilog module of a node.
std::string module_text(const std::string& name, const NodeView& view, const AdderPipeline& pipeline, int levels) {
  const TensorType& input = view.operand(0);
  const TensorType& output = view.node.type;
  const bool relu = view.node.integer("relu") != 0;
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
      name, relu ? "relu " : "", input.features, output.features, pipeline.latency() + 1, pipeline.graph.depth(),
      levels, pipeline.adders(), pipeline.graph.adder_bits(), input.features * input.width - 1, input.width, input.frac,
      output.features * output.width - 1, output.width, output.frac);
  text += netlist.body();
  text += fmt::format("\n  wire [{}:0] result;\n", output.features * output.width - 1);
  const std::vector<ElementQuantizer> quantizers = element_quantizers(view, output.features);
  for (std::size_t o = 0; o < pipeline.graph.outputs.size(); ++o) {
    text += quantizer_text(netlist, pipeline.graph.interval(pipeline.graph.outputs[o]), view, quantizers[o], o);
  }
  text += "\n  always @(posedge clk) begin\n" + netlist.registers() + "    y <= result;\n  end\n\n";
  // Inputs may be wider than what intervals leave of them.
  return text + "  wire _unused = &{1'b0, x};\n\nendmodule\n\n`resetall\n";
}

/// Sums to mantissas of the result, in place.
void requantize_elements(const NodeView& view, Mantissas& sums) {
  const int frac = accumulator_frac(view);
  const bool relu = view.node.integer("relu") != 0;
  if (!view.node.has("formats") && !view.node.has("limits")) {
    requantize(sums, frac, view.node.quantizer("output"), relu);
    return;
  }
  const std::vector<ElementQuantizer> quantizers = element_quantizers(view, static_cast<int>(sums.cols()));
  for (Eigen::Index o = 0; o < sums.cols(); ++o) {
    const ElementQuantizer& quantizer = quantizers[static_cast<std::size_t>(o)];
    for (Eigen::Index row = 0; row < sums.rows(); ++row) {
      sums(row, o) = static_cast<double>(quantizer.apply(static_cast<std::int64_t>(sums(row, o)), frac, relu));
    }
  }
}

class Dense final : public Primitive {
 public:
  std::string_view op() const override { return "dense"; }

  TensorType infer(const NodeView& view) const override {
    require_operands(view, 1);
    const Literal& weight = view.node.literal("weight");
    require(view, weight.shape.size() == 2, "literal 'weight' must be [out, in]");
    require_shape(view, "weight", {weight.shape[0], view.operand(0).features});
    require_shape(view, "bias", {weight.shape[0]});
    const TensorType sums = accumulator_type(weight, view.node.literal("bias"),
                                             static_cast<int>(view.node.integer("weight_frac")), view.operand(0));
    require_exact(view, sums);
    const std::vector<ElementQuantizer> quantizers = element_quantizers(view, weight.shape[0]);
    for (const ElementQuantizer& quantizer : quantizers) {
      require_quantizer(view, sums, quantizer.quantizer);
    }
    if (view.node.has("adders")) {
      try {
        require_product(adders_of(view), weight, view.node.literal("bias"));
      } catch (const std::logic_error& error) {
        require(view, false, error.what());
      }
    }
    return requantized_type(sums, view.node.quantizer("output"), quantizers, view.node.integer("relu") != 0);
  }

  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override {
    const Literal& weight = view.node.literal("weight");
    const Literal& bias = view.node.literal("bias");
    using Matrix = Eigen::Matrix<std::int64_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const RowMatrix w = Eigen::Map<const Matrix>(weight.values.data(), weight.shape[0], weight.shape[1]).cast<double>();
    const Eigen::RowVectorXd b =
        Eigen::Map<const Matrix>(bias.values.data(), 1, static_cast<Eigen::Index>(bias.values.size())).cast<double>();
    // Exact: infer() has shown that no partial sum leaves the integers that a double holds.
    Mantissas y;
    y.noalias() = *operands[0] * w.transpose();
    y.rowwise() += b;
    requantize_elements(view, y);
    return y;
  }

  Timing timing(const NodeView& view, const Hardware& hardware) const override {
    return {Timing::Kind::tokenwise, plan(view, hardware.device).latency() + 1};
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    const AdderPipeline pipeline = plan(view, hardware.device);
    const std::vector<ElementQuantizer> quantizers = element_quantizers(view, view.node.type.features);
    Cost cost;
    cost.lut = pipeline.graph.adder_bits();
    cost.ff = pipeline.register_bits();
    for (std::size_t o = 0; o < quantizers.size(); ++o) {
      const Interval sum = pipeline.graph.interval(pipeline.graph.outputs[o]);
      cost += quantizers[o].cost(signed_width(sum), accumulator_frac(view));
    }
    return static_cast<double>(hardware.lanes_of(view.node.type)) * cost;
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const AdderPipeline pipeline = plan(view, hardware.device);
    const std::string name = emission.module_name();
    emission.add_module(name, module_text(name, view, pipeline, hardware.device.levels));
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
};

}  // namespace

TensorType accumulator_type(const Literal& weight, const Literal& bias, int weight_frac, const TensorType& input) {
  std::vector<Interval> sums;
  const auto inputs = static_cast<std::size_t>(weight.shape[1]);
  for (std::size_t o = 0; o < bias.values.size(); ++o) {
    Interval sum{bias.values[o], bias.values[o]};
    for (std::size_t i = 0; i < inputs; ++i) {
      sum = sum + weight.values[o * inputs + i] * input.intervals[i % input.intervals.size()];
    }
    sums.push_back(sum);
  }
  return exact_type(input.tokens, input.frac + weight_frac, std::move(sums));
}

std::unique_ptr<Primitive> make_dense() { return std::make_unique<Dense>(); }

}  // namespace rtlgen
