#include "primitives/primitive.hpp"

namespace rtlgen {

const TensorType& NodeView::operand(std::size_t index) const {
  if (index >= operands.size()) {
    throw IrError("node '" + node.name + "' (" + node.op + "): operand " + std::to_string(index) + " is missing");
  }
  return *operands[index];
}

Cost& Cost::operator+=(const Cost& other) {
  lut += other.lut;
  ff += other.ff;
  dsp += other.dsp;
  bram += other.bram;
  return *this;
}

Cost operator*(double factor, const Cost& cost) {
  return {factor * cost.lut, factor * cost.ff, factor * cost.dsp, factor * cost.bram};
}

NodeView view_of(const Graph& graph, Graph::NodeId id) {
  NodeView view{graph.node(id), {}};
  for (const Graph::NodeId operand : graph.operands(id)) {
    view.operands.push_back(&graph.node(operand).type);
  }
  return view;
}

Hardware hardware_of(const Graph& graph) {
  return {device_model(graph.target.device, graph.target.clock_mhz), graph.tokens, graph.target.lanes};
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
