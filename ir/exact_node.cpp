#include "ir/exact_node.hpp"

#include <cmath>
#include <utility>

#include "ir/verify.hpp"
#include "primitives/primitive.hpp"

namespace rtlgen {

using NodeId = Graph::NodeId;

std::int64_t whole_number(double x) {
  if (std::abs(x) > kMaxMantissa || x != std::floor(x)) {
    throw IrError("scales are too far apart: " + std::to_string(x) + " is no whole number of 48 bits");
  }
  return static_cast<std::int64_t>(x);
}

Literal vector_literal(const std::vector<std::int64_t>& values) { return {{static_cast<int>(values.size())}, values}; }

Literal diagonal(const std::vector<std::int64_t>& entries) {
  const std::size_t n = entries.size();
  Literal matrix{{static_cast<int>(n), static_cast<int>(n)}, std::vector<std::int64_t>(n * n)};
  for (std::size_t i = 0; i < n; ++i) {
    matrix.values[i * n + i] = entries[i];
  }
  return matrix;
}

Quantizer exact_quantizer(int width, int frac) {
  return {Format{true, width, width - frac}, Rounding::trn, Overflow::wrap};
}

NodeId append_node(Graph& graph, const std::string& name, const std::string& op, Attributes attributes,
                   const std::vector<NodeId>& operands) {
  const NodeId id = graph.add(Node{name, op, std::move(attributes), {}}, operands);
  graph.node(id).type = primitive(op).infer(view_of(graph, id));
  require_width(graph.node(id));
  return id;
}

NodeId append_exact(Graph& graph, const std::string& name, const std::string& op, Attributes attributes,
                    const std::vector<NodeId>& operands, int frac) {
  attributes["output"] = exact_quantizer(kMaxFormatWidth, frac);
  const NodeId id = append_node(graph, name, op, std::move(attributes), operands);
  Node& node = graph.node(id);
  node.attributes["output"] = exact_quantizer(signed_width(node.type.range()), frac);
  node.type = primitive(op).infer(view_of(graph, id));
  return id;
}

NodeId append_product(Graph& graph, const std::string& name, const std::string& op, Attributes attributes, NodeId x) {
  const int frac = graph.node(x).type.frac + static_cast<int>(std::get<std::int64_t>(attributes.at("weight_frac")));
  return append_exact(graph, name, op, std::move(attributes), {x}, frac);
}

}  // namespace rtlgen
