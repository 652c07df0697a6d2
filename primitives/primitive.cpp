#include "primitives/primitive.hpp"

namespace rtlgen {

Cost& Cost::operator+=(const Cost& other) {
  lut += other.lut;
  ff += other.ff;
  dsp += other.dsp;
  bram += other.bram;
  return *this;
}

Cost operator+(Cost a, const Cost& b) { return a += b; }

Cost operator*(double factor, const Cost& cost) {
  return {factor * cost.lut, factor * cost.ff, factor * cost.dsp, factor * cost.bram};
}

const Primitive& primitive_of(const Node& node) {
  const auto* const primitive = node.as<Primitive>();
  if (primitive == nullptr) {
    throw IrError("node '" + node.name + "' (" + std::string(node.op()) + "): there is no hardware for it");
  }
  return *primitive;
}

Hardware hardware_of(const Graph& graph) {
  return {device_model(graph.target.device, graph.target.clock_mhz), input_node(graph).type.tokens, graph.target.lanes};
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
