#include "primitives/dense.hpp"

#include <fmt/format.h>

#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "primitives/adder_graph_literals.hpp"
#include "primitives/adder_netlist.hpp"
#include "primitives/adder_pipeline.hpp"
#include "primitives/adder_retiming.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"

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
  const int quantizing = requantize_levels(accumulator_frac(view), view.node.quantizer("output"));
  const int output_stage = slack >= quantizing || depth == 0 ? stages - 1 : stages;
  std::vector<int> retimed = retimed_stages(graph, device.levels, output_stage, quantizing);
  return make_adder_pipeline(std::move(graph), std::move(retimed), output_stage);
}

/// The Verilog module of a node.
std::string module_text(const std::string& name, const NodeView& view, const AdderPipeline& pipeline, int levels) {
  const TensorType& input = view.operand(0);
  const TensorType& output = view.node.type;
  const Quantizer& quantizer = view.node.quantizer("output");
  const bool relu = view.node.integer("relu") != 0;
  const int frac = accumulator_frac(view);
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
  text += fmt::format("\n  wire [{}:0] sum;\n", output.features * output.width - 1);
  for (std::size_t o = 0; o < pipeline.graph.outputs.size(); ++o) {
    const std::string target = slice("sum", static_cast<int>(o), output.width);
    const Interval exact = pipeline.graph.interval(pipeline.graph.outputs[o]);
    if (exact.lo == exact.hi) {
      text += fmt::format("  assign {} = {};\n", target,
                          verilog_number(requantize(exact.lo, frac, quantizer, relu), output.width));
      continue;
    }
    const int bits = signed_width(exact);
    Instance instance{"requantize", fmt::format("quantize_{}", o), {}, {}};
    instance.with("IN_W", bits).with_quantizer(frac, quantizer).with("RELU", relu ? 1 : 0);
    instance.port("x", netlist.output(o, bits)).port("y", target);
    text += to_verilog(instance);
  }
  text += "\n  always @(posedge clk) begin\n" + netlist.registers() + "    y <= sum;\n  end\n\n";
  // Inputs may be wider than what intervals leave of them.
  return text + "  wire _unused = &{1'b0, x};\n\nendmodule\n\n`resetall\n";
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
    require_quantizer(view, sums, view.node.quantizer("output"));
    if (view.node.has("adders")) {
      try {
        require_product(adders_of(view), weight, view.node.literal("bias"));
      } catch (const std::logic_error& error) {
        require(view, false, error.what());
      }
    }
    return requantized_type(sums, view.node.quantizer("output"), view.node.integer("relu") != 0);
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
    requantize(y, accumulator_frac(view), view.node.quantizer("output"), view.node.integer("relu") != 0);
    return y;
  }

  Timing timing(const NodeView& view, const Hardware& hardware) const override {
    return {Timing::Kind::tokenwise, plan(view, hardware.device).latency() + 1};
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    const AdderPipeline pipeline = plan(view, hardware.device);
    const Quantizer& quantizer = view.node.quantizer("output");
    Cost cost;
    cost.lut = pipeline.graph.adder_bits();
    cost.ff = pipeline.register_bits();
    for (const AdderGraph::Output& output : pipeline.graph.outputs) {
      cost += requantize_cost(signed_width(pipeline.graph.interval(output)), accumulator_frac(view), quantizer);
      cost.ff += quantizer.format.width;
    }
    return static_cast<double>(hardware.lanes_of(view.node.type)) * cost;
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const AdderPipeline pipeline = plan(view, hardware.device);
    const std::string name = emission.module_name();
    std::set<std::string> modules = pipeline.modules();
    modules.insert({"requantize", "shift_add"});
    emission.generated_module(name, module_text(name, view, pipeline, hardware.device.levels), modules);
    const int input_bits = view.operand(0).features * view.operand(0).width;
    const int output_bits = view.node.type.features * view.node.type.width;
    for (int lane = 0; lane < hardware.lanes_of(view.node.type); ++lane) {
      Instance instance{name, emission.local(fmt::format("lane{}", lane)), {}, {}};
      instance.port("clk", "clk")
          .port("x", slice(emission.input(0), lane, input_bits))
          .port("y", slice(emission.output(), lane, output_bits));
      emission.generated_instance(instance);
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
