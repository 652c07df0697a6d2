// Nodes whose results are exact, and the literals that they are made of.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ir/graph.hpp"
#include "ir/numerics/format_array.hpp"

namespace rtlgen {

constexpr double kMaxMantissa = 0x1p47;  ///< of a weight or an offset

/// The whole number that x is. Throws IrError where it is none of 48 bits.
std::int64_t whole_number(double x);

/// A literal of one dimension.
Literal vector_literal(const std::vector<std::int64_t>& values);

/// A quantizer that changes nothing.
Quantizer exact_quantizer(int width, int frac);

/// Adds a node and infers its type. Throws IrError.
Graph::NodeId append_operation(Graph& graph, const std::string& name, std::shared_ptr<const Operation> operation,
                               const std::vector<Graph::NodeId>& operands);

/// The same for a class of operation.
template <typename T>
Graph::NodeId append_node(Graph& graph, const std::string& name, T operation,
                          const std::vector<Graph::NodeId>& operands) {
  return append_operation(graph, name, std::make_shared<const T>(std::move(operation)), operands);
}

/// The quantizer of an attribute `output`.
inline Quantizer& quantizer_of(Quantizer& output) { return output; }
inline Quantizer& quantizer_of(FormatArray& output) { return output.quantizer; }

/// Adds an operation whose result, with `frac` fraction bits, has just the bits that it needs; its attribute `output`
/// is set here. Throws IrError.
template <typename T>
Graph::NodeId append_exact(Graph& graph, const std::string& name, T operation,
                           const std::vector<Graph::NodeId>& operands, int frac) {
  quantizer_of(operation.output) = exact_quantizer(kMaxFormatWidth, frac);
  const Graph::NodeId id = append_node(graph, name, operation, operands);
  quantizer_of(operation.output) = exact_quantizer(signed_width(graph.node(id).type.range()), frac);
  graph.node(id).set(std::move(operation));
  graph.node(id).type = graph.node(id).operation->infer(view_of(graph, id));
  return id;
}

/// The same for a product (Dense, Elementwise, FlattenDense) of x, whose fraction bits follow from those of its weight.
template <typename T>
Graph::NodeId append_product(Graph& graph, const std::string& name, T operation, Graph::NodeId x) {
  const int frac = graph.node(x).type.frac + operation.weight_frac;
  return append_exact(graph, name, std::move(operation), {x}, frac);
}

}  // namespace rtlgen
