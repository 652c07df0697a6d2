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

Timing Timing::behind(int latency, std::size_t operands) {
  Timing timing{latency, std::vector<Ask>(operands, Ask::before), 1};
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
  return {device_model(graph.target.device, graph.target.clock_mhz), input_node(graph).type.tokens,
          lanes_of_unit(graph, id)};
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
