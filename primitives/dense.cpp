#include "primitives/dense.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "primitives/adder_graph.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {
namespace {

/// The adder graph of a node cut into pipeline stages.
struct Pipeline {
  AdderGraph graph;
  int levels = 1;             // adder levels a stage
  int quantize_stage = 0;     // stage in which all outputs are requantized
  std::vector<int> last_use;  // per graph node: the last stage that reads it, -1: none

  int latency() const { return quantize_stage + 1; }
  int stage_of(int node) const {
    const int level = graph.nodes[static_cast<std::size_t>(node)].level;
    return level == 0 ? 0 : (level - 1) / levels;
  }
};

Pipeline plan(const NodeView& view, const DeviceModel& device) {
  const Node& node = view.node;
  const Quantizer& quantizer = node.quantizer("output");
  Pipeline pipeline;
  pipeline.graph = build_adder_graph(node.literal("weight"), node.literal("bias"), view.operand(0).intervals);
  pipeline.levels = device.levels;
  const int depth = pipeline.graph.depth();
  const int sum_stages = std::max(1, ceil_div(depth, device.levels));
  const int slack = sum_stages * device.levels - depth;
  const int frac = view.operand(0).frac + static_cast<int>(node.integer("weight_frac"));
  const bool fits = slack >= requantize_levels(frac, quantizer) || depth == 0;
  pipeline.quantize_stage = fits ? sum_stages - 1 : sum_stages;
  pipeline.last_use.assign(pipeline.graph.nodes.size(), -1);
  const auto use = [&](int id, int stage) {
    int& last = pipeline.last_use[static_cast<std::size_t>(id)];
    last = std::max(last, stage);
  };
  for (std::size_t id = 0; id < pipeline.graph.nodes.size(); ++id) {
    const AdderGraph::Node& adder = pipeline.graph.nodes[id];
    if (adder.kind == AdderGraph::Kind::adder) {
      use(adder.a, pipeline.stage_of(static_cast<int>(id)));
      use(adder.b, pipeline.stage_of(static_cast<int>(id)));
    }
  }
  for (const AdderGraph::Output& output : pipeline.graph.outputs) {
    if (output.node >= 0) {
      use(output.node, pipeline.quantize_stage);
    }
  }
  return pipeline;
}

/// Writes the Verilog module of a pipelined adder graph.
class NetlistWriter {
 public:
  NetlistWriter(const NodeView& view, const Pipeline& pipeline) : view_(view), pipeline_(pipeline) {}

  std::string module(const std::string& name) {
    const TensorType& input = view_.operand(0);
    const TensorType& output = view_.node.type;
    declare_nodes();
    quantize_outputs();
    std::string text = fmt::format(
        "// {0}: y = requantize({1}W x + b), {2} inputs, {3} outputs, constant weights as shifted additions.\n"
        "// Latency: {4} clocks ({5} adder levels, {6} a stage). Generated; {7} adders, {8} adder bits.\n"
        "`resetall\n`timescale 1ns / 1ps\n`default_nettype none\n\n"
        "module {0} (\n"
        "  input  wire clk,\n"
        "  input  wire [{9}:0] x,  // {2} x signed {10}, {11} fraction bits\n"
        "  output reg  [{12}:0] y  // {3} x signed {13}, {14} fraction bits\n"
        ");\n\n",
        name, view_.node.integer("relu") != 0 ? "relu " : "", input.features, output.features, pipeline_.latency(),
        pipeline_.graph.depth(), pipeline_.levels, adders_, pipeline_.graph.adder_bits(),
        input.features * input.width - 1, input.width, input.frac, output.features * output.width - 1, output.width,
        output.frac);
    unused_ += ", x";
    text += wires_ + "\n" + quantizers_;
    text += "\n  always @(posedge clk) begin\n" + registers_ + "    y <= sum;\n  end\n\n";
    text += fmt::format("  wire _unused = &{{1'b0{}}};\n\nendmodule\n\n`resetall\n", unused_);
    return text;
  }

 private:
  int width(int node) const { return signed_width(pipeline_.graph.nodes[static_cast<std::size_t>(node)].interval); }

  /// Name of a node's value in a stage: registered copies end in _r1, _r2, ...
  std::string value(int node, int stage) const {
    const AdderGraph::Node& graph_node = pipeline_.graph.nodes[static_cast<std::size_t>(node)];
    const int age = graph_node.kind == AdderGraph::Kind::constant ? 0 : stage - pipeline_.stage_of(node);
    return age == 0 ? fmt::format("n{}", node) : fmt::format("n{}_r{}", node, age);
  }

  /// (value << shift) as exactly `target` bits.
  std::string operand(int node, int shift, int stage, int target) {
    const AdderGraph::Node& graph_node = pipeline_.graph.nodes[static_cast<std::size_t>(node)];
    if (graph_node.kind == AdderGraph::Kind::constant) {
      return verilog_number(graph_node.interval.lo * (std::int64_t{1} << shift), target);
    }
    const std::string name = value(node, stage);
    if (shift >= target) {  // an operand that interval analysis shows to be always 0, such as a dead relu
      unused_ += ", " + name;
      return verilog_number(0, target);
    }
    const int have = width(node);
    std::string bits = name;
    if (have + shift > target) {  // interval analysis shows the upper bits to be superfluous
      bits = fmt::format("{}[{}:0]", name, target - shift - 1);
      unused_ += ", " + name;
    }
    const int extension = std::max(0, target - shift - have);
    if (extension == 0 && shift == 0) {
      return bits == name ? name : fmt::format("$signed({})", bits);
    }
    std::string parts;
    if (extension > 0) {
      parts += fmt::format("{{{}{{{}[{}]}}}}, ", extension, name, have - 1);
    }
    parts += bits;
    if (shift > 0) {
      parts += fmt::format(", {}'d0", shift);
    }
    return fmt::format("$signed({{{}}})", parts);
  }

  void declare_nodes() {
    const TensorType& input = view_.operand(0);
    for (std::size_t index = 0; index < pipeline_.graph.nodes.size(); ++index) {
      const AdderGraph::Node& node = pipeline_.graph.nodes[index];
      const auto id = static_cast<int>(index);
      const int last_use = pipeline_.last_use[index];
      if (last_use < 0 || node.kind == AdderGraph::Kind::constant) {
        continue;
      }
      const int bits = width(id);
      if (node.kind == AdderGraph::Kind::input) {
        wires_ += fmt::format("  wire signed [{}:0] n{} = x[{} +: {}];\n", bits - 1, id, id * input.width, bits);
      } else {
        const int stage = pipeline_.stage_of(id);
        wires_ += fmt::format("  wire signed [{}:0] n{} = {} {} {};\n", bits - 1, id,
                              operand(node.a, node.shift_a, stage, bits), node.subtract ? "-" : "+",
                              operand(node.b, node.shift_b, stage, bits));
        ++adders_;
      }
      for (int stage = pipeline_.stage_of(id) + 1; stage <= last_use; ++stage) {
        wires_ += fmt::format("  reg  signed [{}:0] {};\n", bits - 1, value(id, stage));
        registers_ += fmt::format("    {} <= {};\n", value(id, stage), value(id, stage - 1));
      }
    }
  }

  void quantize_outputs() {
    const TensorType& output = view_.node.type;
    const Quantizer& quantizer = view_.node.quantizer("output");
    const bool relu = view_.node.integer("relu") != 0;
    const int frac = view_.operand(0).frac + static_cast<int>(view_.node.integer("weight_frac"));
    quantizers_ += fmt::format("  wire [{}:0] sum;\n", output.features * output.width - 1);
    for (std::size_t o = 0; o < pipeline_.graph.outputs.size(); ++o) {
      const AdderGraph::Output& source = pipeline_.graph.outputs[o];
      const std::string target = slice("sum", static_cast<int>(o), output.width);
      const Interval exact = pipeline_.graph.interval(source);
      if (exact.lo == exact.hi) {
        quantizers_ += fmt::format("  assign {} = {};\n", target,
                                   verilog_number(requantize(exact.lo, frac, quantizer, relu), output.width));
        continue;
      }
      const int bits = signed_width(exact);
      Instance instance{"requantize", fmt::format("quantize_{}", o), {}, {}};
      instance.with("IN_W", bits).with_quantizer(frac, quantizer).with("RELU", relu ? 1 : 0);
      instance.port("x", operand(source.node, source.shift, pipeline_.quantize_stage, bits)).port("y", target);
      quantizers_ += to_verilog(instance);
    }
  }

  const NodeView& view_;
  const Pipeline& pipeline_;
  std::string wires_;
  std::string registers_;
  std::string quantizers_;
  std::string unused_;
  int adders_ = 0;
};

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
    requantize(y, view.operand(0).frac + static_cast<int>(view.node.integer("weight_frac")),
               view.node.quantizer("output"), view.node.integer("relu") != 0);
    return y;
  }

  Timing timing(const NodeView& view, const Hardware& hardware) const override {
    return {Timing::Kind::tokenwise, plan(view, hardware.device).latency()};
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    const Pipeline pipeline = plan(view, hardware.device);
    const Quantizer& quantizer = view.node.quantizer("output");
    const int frac = view.operand(0).frac + static_cast<int>(view.node.integer("weight_frac"));
    Cost cost;
    cost.lut = pipeline.graph.adder_bits();
    for (std::size_t id = 0; id < pipeline.graph.nodes.size(); ++id) {
      const AdderGraph::Node& node = pipeline.graph.nodes[id];
      if (node.kind != AdderGraph::Kind::constant && pipeline.last_use[id] >= 0) {
        cost.ff += signed_width(node.interval) * (pipeline.last_use[id] - pipeline.stage_of(static_cast<int>(id)));
      }
    }
    for (const AdderGraph::Output& output : pipeline.graph.outputs) {
      cost += requantize_cost(signed_width(pipeline.graph.interval(output)), frac, quantizer);
      cost.ff += quantizer.format.width;
    }
    return static_cast<double>(hardware.lanes_of(view.node.type)) * cost;
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const Pipeline pipeline = plan(view, hardware.device);
    const std::string name = emission.module_name();
    emission.generated_module(name, NetlistWriter(view, pipeline).module(name), {"requantize"});
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
