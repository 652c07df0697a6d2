// Nodes whose results are exact, and the literals that they are made of.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ir/graph.hpp"

namespace rtlgen {

constexpr double kMaxMantissa = 0x1p47;  ///< of a weight or an offset

/// The whole number that x is. Throws IrError where it is none of 48 bits.
std::int64_t whole_number(double x);

/// A literal of one dimension.
Literal vector_literal(const std::vector<std::int64_t>& values);
/// The square matrix with these entries on its diagonal.
Literal diagonal(const std::vector<std::int64_t>& entries);

/// A quantizer that changes nothing.
Quantizer exact_quantizer(int width, int frac);

/// Adds a node and infers its type. Throws IrError.
Graph::NodeId append_node(Graph& graph, const std::string& name, const std::string& op, Attributes attributes,
                          const std::vector<Graph::NodeId>& operands);

/// Adds an operation whose result, with `frac` fraction bits, has just the bits that it needs. `attributes` lacks the
/// output. Throws IrError.
Graph::NodeId append_exact(Graph& graph, const std::string& name, const std::string& op, Attributes attributes,
                           const std::vector<Graph::NodeId>& operands, int frac);

/// The same for a product (dense, flatten_dense) of x, whose fraction bits follow from those of its weight.
Graph::NodeId append_product(Graph& graph, const std::string& name, const std::string& op, Attributes attributes,
                             Graph::NodeId x);

}  // namespace rtlgen
