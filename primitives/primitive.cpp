#include "primitives/primitive.hpp"

#include <algorithm>

namespace rtlgen {

const Primitive& primitive_of(const Node& node) {
  const auto* const primitive = node.as<Primitive>();
  if (primitive == nullptr) {
    throw IrError("node '" + node.name + "' (" + std::string(node.op()) + "): there is no hardware for it");
  }
  return *primitive;
}

Timing Timing::wires(int start) {
  Timing timing;
  timing.end = start;
  return timing;
}

Timing Timing::behind_others(std::size_t operands) const {
  Timing timing = *this;
  timing.asks.assign(operands, Ask::before);
  timing.asks.front() = Ask::beside;
  return timing;
}

namespace {

int lanes_of_unit(const Graph& graph, Graph::NodeId id) {
  const Node& node = graph.node(id);
  const std::vector<Graph::NodeId> operands = graph.operands(id);
  const int tokens = operands.empty() ? node.type.tokens : graph.node(operands[0]).type.tokens;
  if (node.lanes > 0 || operands.empty() || tokens == 1) {
    return std::clamp(node.lanes > 0 ? node.lanes : graph.target.lanes, 1, tokens);
  }
  return lanes_of_unit(graph, operands[0]);
}

}  // namespace

Hardware hardware_of(const Graph& graph, Graph::NodeId id) {
  Hardware hardware{device_model(graph.target.device, graph.target.clock_mhz), input_node(graph).type.tokens,
                    lanes_of_unit(graph, id)};
  hardware.device.dsp_luts = graph.target.dsp_luts;
  return hardware;
}

int clog2(std::int64_t n) {
  int bits = 0;
  while ((std::int64_t{1} << bits) < n) {
    ++bits;
  }
  return bits;
}

int ceil_div(int a, int b) { return (a + b - 1) / b; }

}  // namespace rtlgen
