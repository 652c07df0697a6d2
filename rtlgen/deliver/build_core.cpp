#include "rtlgen/deliver/build_core.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "primitives/emission.hpp"
#include "primitives/primitive.hpp"
#include "primitives/sources.hpp"
#include "rtlgen/deliver/alignment_cells.hpp"
#include "rtlgen/deliver/control_chains.hpp"
#include "rtlgen/deliver/core_frame.hpp"
#include "rtlgen/deliver/tensor_nets.hpp"
#include "rtlgen/netlist/rtl_library.hpp"

namespace rtlgen {
namespace {

/// An empty design in which the names of the top module and of its ports are taken.
Design empty_design(const Module& top) {
  Design design;
  design.top = top.name;
  design.names.reserve(top.name);
  for (const Port& port : top.ports) {
    design.names.reserve(port.name);
  }
  for (const char* const name : {"LATENCY", "INTERVAL", "_contract", "_unused"}) {
    design.names.reserve(name);
  }
  design.module_names.reserve(top.name);
  for (const auto& module : rtl_library()) {
    design.module_names.reserve(module.first);
  }
  return design;
}

class CoreBuilder {
 public:
  CoreBuilder(const Graph& graph, const Schedule& schedule)
      : graph_(graph),
        schedule_(schedule),
        top_(core_frame(graph, schedule)),
        design_(empty_design(top_)),
        nets_(graph, schedule, design_.names),
        controls_(schedule.input, design_.names) {}

  CoreNetlist build() {
    std::map<Graph::NodeId, std::map<Reading, std::vector<int>>> readings_of;
    for (auto& [reading, delays] : readings(graph_, schedule_)) {
      readings_of[reading.node].emplace(reading, std::move(delays));
    }
    const AlignmentCells alignments(graph_, schedule_, nets_, controls_);
    for (const Graph::NodeId id : graph_.topological_order()) {
      add_node(id);
      for (const auto& [reading, delays] : readings_of[id]) {
        alignments.add(design_.body, reading, delays);
      }
    }
    add_outputs();
    top_.body.append(controls_.body());
    top_.body.append(std::move(design_.body));
    for (const std::string& name : top_.body.net_names()) {
      top_.sinks.push_back(name);
    }
    return {std::move(top_), std::move(design_.modules)};
  }

 private:
  void add_node(Graph::NodeId id) {
    const Node& node = graph_.node(id);
    const NodeSchedule& placed = schedule_.nodes[id];
    const NodeView view = view_of(graph_, id);
    const Hardware hardware = hardware_of(graph_, schedule_, id);
    const Primitive& primitive = primitive_of(node);
    design_.body.comment(fmt::format("{} ({}): {} x {} features of {}; there at {} and {} ps, latency {}.", node.name,
                                     node.op(), node.type.tokens, node.type.features, to_string(tensor_format(node)),
                                     controls_.name(placed.output), placed.output.start.ps,
                                     primitive.timing(view, hardware).latency));
    const Expression made = nets_.made(id);
    design_.body.net(made.text(), made.width());
    Emission emission = emission_of(id, made);
    primitive.emit(view, hardware, emission);
    emission.charge(primitive.cost(view, hardware));
  }

  Emission emission_of(Graph::NodeId id, const Expression& made) {
    const NodeSchedule& placed = schedule_.nodes[id];
    const std::vector<Graph::NodeId> operands = graph_.operands(id);
    std::vector<Expression> inputs;
    std::vector<ControlWires> controls;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const Alignment& alignment = placed.alignments[i];
      inputs.push_back(nets_.read({operands[i], alignment.replay_start, placed.operands[i].lanes}, alignment.delay));
      controls.push_back(controls_.of(placed.operands[i]));
    }
    return {design_, graph_.node(id).name, made, std::move(inputs), std::move(controls)};
  }

  void add_outputs() {
    const Node& output = graph_.node(graph_.output());
    const ControlWires control = controls_.of(schedule_.output);
    design_.body.text("\n");
    design_.body.assign("out_valid", control.valid);
    design_.body.assign("out_first", control.first);
    design_.body.assign("out_last", control.last);
    const int width = tensor_format(output).width;
    const int elements = schedule_.output.lanes * output.type.features;
    const Expression port("out_data", elements * width);
    const Expression bus = nets_.read({graph_.output(), std::nullopt, schedule_.output.lanes}, schedule_.output_delay);
    if (width == output.type.width) {
      design_.body.assign(port, bus);
      return;
    }
    for (int element = 0; element < elements; ++element) {
      design_.body.assign(port.element(element, width), bus.element(element, output.type.width).bits(0, width));
    }
  }

  const Graph& graph_;
  const Schedule& schedule_;
  Module top_;
  Design design_;
  TensorNets nets_;
  ControlChains controls_;
};

}  // namespace

CoreNetlist build_core(const Graph& graph, const Schedule& schedule) { return CoreBuilder(graph, schedule).build(); }

}  // namespace rtlgen
