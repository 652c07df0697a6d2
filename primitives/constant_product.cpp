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
  std::vector<Interval> inputs;
  for (const TensorType* const operand : view.operands) {
    inputs.insert(inputs.end(), operand->intervals.begin(), operand->intervals.end());
  }
  return adder_graph(*product.adders, *product.sums, inputs);
}

/// How the sums of a product and its requantizers share clocks.
struct Plan {
  AdderGraph graph;
  int adders = 1;         ///< that fit between two registers
  int start = 0;          ///< as many that the logic in front of the operand takes
  int output_stage = 0;   ///< of the sums, where they are read by the requantizers
  int output_adders = 0;  ///< that do not fit any more where the requantizers begin
  Pipeline requantizers;  ///< from the last sum on; its clocks are stages
  bool fits = true;       ///< whether an adder, or what is there of the requantizers, fits behind the operand

  int latency() const { return requantizers.end().clock; }
};

int widest_adder(const AdderGraph& graph) {
  int bits = 1;
  for (const AdderGraph::Node& node : graph.nodes) {
    bits = node.kind == AdderGraph::Kind::adder ? std::max(bits, signed_width(node.interval)) : bits;
  }
  return bits;
}

std::vector<Interval> intervals_of_sums(const AdderGraph& graph) {
  std::vector<Interval> sums;
  for (const AdderGraph::Output& output : graph.outputs) {
    sums.push_back(graph.interval(output));
  }
  return sums;
}

Plan plan_of(const ConstantProduct& product, const NodeView& view, const Hardware& hardware) {
  const DeviceModel& device = hardware.device;
  AdderGraph graph = adders_of(product, view);
  const int adder = std::min(device.adder(widest_adder(graph)), device.budget);
  const int adders = std::max(1, device.budget / adder);
  const int room = std::max(0, device.budget - hardware.start) / adder;  // adders behind the operand
  const int start = adders - std::min(adders, room);
  const int depth = levels_needed(graph, adders, start);
  const int stage = depth == 0 ? 0 : (depth - 1) / adders;
  // Adders between the last register and the sums; constants wait for no operand.
  const int own = std::max(0, depth - (stage == 0 ? start : stage * adders));
  const std::vector<Step> steps =
      requantize_steps(device, intervals_of_sums(graph), product.sum_frac(view), product.output, product.relu);
  Pipeline requantizers(device, {stage, (stage == 0 ? hardware.start : 0) + own * adder}, {{"REGISTERS", steps}});
  const bool waits = !requantizers.fits();
  if (waits) {
    requantizers = Pipeline(device, {stage + 1, 0}, {{"REGISTERS", steps}});
  }
  const bool fits = graph.depth() == 0 ? !waits : room > 0;
  return {std::move(graph),        adders, start, requantizers.start().clock, waits ? adders : adders - own,
          std::move(requantizers), fits};
}

AdderPipeline pipeline_of(const Plan& plan) {
  std::vector<int> stages(plan.graph.nodes.size(), 0);
  if (plan.output_stage > 0) {
    stages = retimed_stages(plan.graph, plan.adders, plan.output_stage, plan.output_adders, plan.start);
  }
  return make_adder_pipeline(plan.graph, std::move(stages), plan.output_stage);
}

/// The sums, and the wires of a result.
struct Sums {
  int frac;
  bool relu;
  int result_width;
  const Pipeline& requantizers;
};

/// Adds what makes result `o` of a sum of this interval.
void add_quantizer(Body& body, const AdderNetlist& netlist, const Interval& sum, const Sums& sums,
                   const ElementFormat& element, int o, const Expression& result) {
  const auto& [frac, relu, width, requantizers] = sums;
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
  requantizers.set(cell);
  cell.port("clk")
      .port("x", Expression::verilog(netlist.output(static_cast<std::size_t>(o), bits), bits))
      .port("y", code);
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

/// All features of all operands, in elements as wide as the widest.
struct Inputs {
  int features = 0;
  int width = 1;

  explicit Inputs(const NodeView& view) {
    for (const TensorType* const operand : view.operands) {
      features += operand->features;
      width = std::max(width, operand->width);
    }
  }
};

/// The inputs of a lane, side by side.
Expression inputs_of_lane(const NodeView& view, int lane, Emission& emission) {
  const TensorType& first = view.operand(0);
  if (view.operands.size() == 1) {
    return emission.input(0).element(lane, first.features * first.width);
  }
  const Inputs inputs(view);
  const Expression all = emission.net(fmt::format("lane{}_x", lane), inputs.features * inputs.width);
  int element = 0;
  for (std::size_t i = 0; i < view.operands.size(); ++i) {
    const TensorType& operand = view.operand(i);
    for (int f = 0; f < operand.features; ++f) {
      const Expression own = emission.input(i).element(lane * operand.features + f, operand.width);
      emission.assign(all.element(element++, inputs.width), own.aligned(0, inputs.width));
    }
  }
  return all;
}

/// The header and ports of a node's module.
Module module_frame(const std::string& name, const NodeView& view, const AdderPipeline& pipeline, int latency,
                    bool relu) {
  const Inputs inputs(view);
  const TensorType& output = view.node.type;
  const auto shape = [](int features, int width, int frac) {
    return fmt::format("{} x signed {}, {} fraction bits", features, width, frac);
  };
  Module module{
      name, fmt::format("{}: y = requantize({}W x + b), {} inputs, {} outputs, constant weights as shifted additions.\n"
                        "Latency: {} clocks ({} adder levels). Generated; {} adders, about {} LUTs.",
                        name, relu ? "relu " : "", inputs.features, output.features, latency, pipeline.graph.depth(),
                        pipeline.adders(), pipeline.graph.adder_bits())};
  module.ports = {
      {PortKind::input, "clk"},
      {PortKind::input, "x", inputs.features * inputs.width,
       shape(inputs.features, inputs.width, view.operand(0).frac)},
      {PortKind::output, "y", output.features * output.width, shape(output.features, output.width, output.frac)}};
  module.sinks = {"clk", "x"};  // inputs may be wider than what intervals leave of them
  return module;
}

/// Fills the module of a node.
void add_product(Body& body, const NodeView& view, const AdderPipeline& pipeline, const Sums& sums,
                 const FormatArray& formats) {
  const AdderNetlist netlist(pipeline, "x", Inputs(view).width);
  body.text(netlist.body() + "\n");
  const Expression result("y", view.node.type.features * view.node.type.width);
  for (std::size_t o = 0; o < pipeline.graph.outputs.size(); ++o) {
    add_quantizer(body, netlist, pipeline.graph.interval(pipeline.graph.outputs[o]), sums, formats.element(o),
                  static_cast<int>(o), result);
  }
  if (const std::string registers = netlist.registers(); !registers.empty()) {
    body.text("\n  always @(posedge clk) begin\n" + registers + "  end\n");
  }
}

}  // namespace

TensorType ConstantProduct::checked_type(const NodeView& view, const TensorType& exact_sums) const {
  require_exact(view, exact_sums);
  require_formats(view, output, {exact_sums.features});
  for (const ElementFormat& element : element_formats(output, bias.values.size())) {
    require_quantizer(view, exact_sums, element.quantizer);
  }
  if (adders || sums) {
    try {
      require_product_of(view, adders_of(*this, view));
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

std::shared_ptr<const Operation> ConstantProduct::with_adders(const NodeView& view, const AdderGraph& graph) const {
  std::shared_ptr<Operation> copy = clone();
  auto& product = dynamic_cast<ConstantProduct&>(*copy);
  product.require_product_of(view, graph);
  product.adders = adder_literal(graph);
  product.sums = sum_literal(graph);
  return copy;
}

Timing ConstantProduct::timing(const NodeView& view, const Hardware& hardware) const {
  const Plan plan = plan_of(*this, view, hardware);
  Timing timing{plan.latency()};
  timing.end = plan.requantizers.end().ps;
  timing.fits = plan.fits;
  return timing;
}

Cost ConstantProduct::cost(const NodeView& view, const Hardware& hardware) const {
  const Plan plan = plan_of(*this, view, hardware);
  const AdderPipeline pipeline = pipeline_of(plan);
  Cost cost;
  cost.lut = pipeline.graph.adder_bits();
  cost.ff = pipeline.register_bits() - unread_register_bits(pipeline, sum_frac(view), output);
  cost.ff += static_cast<double>(plan.requantizers.register_bits());
  for (std::size_t o = 0; o < pipeline.graph.outputs.size(); ++o) {
    const Interval sum = pipeline.graph.interval(pipeline.graph.outputs[o]);
    cost += requantize_cost(signed_width(sum), sum_frac(view), output.element(o), relu);
  }
  return static_cast<double>(hardware.lanes_of(view.node.type)) * cost;
}

void ConstantProduct::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const Plan plan = plan_of(*this, view, hardware);
  const AdderPipeline pipeline = pipeline_of(plan);
  Module module = module_frame(emission.module_name(), view, pipeline, plan.latency(), relu);
  const std::string name = module.name;
  add_product(module.body, view, pipeline, {sum_frac(view), relu, view.node.type.width, plan.requantizers}, output);
  emission.add_module(std::move(module));
  const int output_bits = view.node.type.features * view.node.type.width;
  std::vector<Expression> inputs;  // declared before the cells that read them
  for (int lane = 0; lane < hardware.lanes_of(view.node.type); ++lane) {
    inputs.push_back(inputs_of_lane(view, lane, emission));
  }
  for (int lane = 0; lane < hardware.lanes_of(view.node.type); ++lane) {
    Cell& cell = emission.cell(name, fmt::format("lane{}", lane));
    cell.port("clk")
        .port("x", inputs[static_cast<std::size_t>(lane)])
        .port("y", emission.output().element(lane, output_bits));
  }
}

}  // namespace rtlgen
