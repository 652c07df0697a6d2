#include "rtlgen/lowering/exact_node.hpp"

#include <cmath>

#include "ir/verify.hpp"

namespace rtlgen {

std::int64_t whole_number(double x) {
  if (std::abs(x) > kMaxMantissa || x != std::floor(x)) {
    throw IrError("scales are too far apart: " + std::to_string(x) + " is no whole number of 48 bits");
  }
  return static_cast<std::int64_t>(x);
}

Literal vector_literal(const std::vector<std::int64_t>& values) { return {{static_cast<int>(values.size())}, values}; }

Quantizer exact_quantizer(int width, int frac) {
  return {Format{true, width, width - frac}, Rounding::trn, Overflow::wrap};
}

Graph::NodeId append_operation(Graph& graph, const std::string& name, std::shared_ptr<const Operation> operation,
                               const std::vector<Graph::NodeId>& operands) {
  const Graph::NodeId id = graph.add(Node{name, std::move(operation), {}, {}}, operands);
  graph.node(id).type = graph.node(id).operation->infer(view_of(graph, id));
  require_width(graph.node(id));
  return id;
}

}  // namespace rtlgen
