#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "rtlgen/cli/commands.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/deliver/report.hpp"

namespace rtlgen {
namespace {

/// Clocks from the same input beat, or from the event's last.
std::string start_text(const Stream& stream) {
  return fmt::format("{}+{}", stream.anchor == Anchor::beat ? "beat" : "event", stream.start.clock);
}

/// Literal integers of a node that are not zero: weights, biases and tables.
class ParameterCounter final : public AttributeVisitor {
 public:
  using AttributeVisitor::operator();
  void operator()(const char* /*name*/, Literal& literal) override {
    count +=
        literal.values.size() - static_cast<std::size_t>(std::count(literal.values.begin(), literal.values.end(), 0));
  }

  std::size_t count = 0;
};

std::size_t parameter_count(const Node& node) {
  ParameterCounter counter;
  node.operation->clone()->visit(counter);
  return counter.count;
}

}  // namespace

int run_check(const ModelSource& source) {
  const CompiledModel compiled = compile_model(source.path, source.overrides, source.dump_ir);
  const Graph& graph = compiled.graph;
  std::size_t name_width = 4;
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    name_width = std::max(name_width, graph.node(id).name.size());
  }
  fmt::print("{:<{}} {:<13} {:>9} {:>14} {:>7} {:>4} {:>10} {:>7} {:>8} {:>8} {:>6}\n", "node", name_width, "operation",
             "shape", "format", "nonzero", "lat", "there at", "tokens", "LUT", "FF", "DSP");
  for (const Graph::NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    const NodeView view = view_of(graph, id);
    const Hardware hardware = hardware_of(graph, id);
    const Cost cost = primitive_of(node).cost(view, hardware);
    fmt::print("{:<{}} {:<13} {:>9} {:>14} {:>7} {:>4} {:>10} {:>7} {:>8.0f} {:>8.0f} {:>6.0f}\n", node.name,
               name_width, node.op(), fmt::format("{}x{}", node.type.tokens, node.type.features),
               to_string(tensor_format(node)), parameter_count(node), primitive_of(node).timing(view, hardware).latency,
               start_text(compiled.schedule.nodes[id].output), compiled.schedule.nodes[id].output.lanes, cost.lut,
               cost.ff, cost.dsp);
  }
  fmt::print(
      "\n`there at` counts clocks from the same input beat, or from the event's last input beat, to the first beat; "
      "`tokens` are per beat.\n\n");
  const nlohmann::ordered_json report = core_report(compiled);
  print_report(report);
  warn_about_capacity(report);
  warn_of_calibration(compiled);
  return 0;
}

}  // namespace rtlgen
