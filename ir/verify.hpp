// The IR verifier: runs after every pass.
#pragma once

#include "ir/graph.hpp"

namespace rtlgen {

/// Sets the type of every node from its operands, in topological order. Throws IrError where a rule of an operation is
/// broken.
void infer_types(Graph& graph);

/// Throws IrError where a node's elements are wider than any tensor may be.
void require_width(const Node& node);

/// Throws IrError unless: names are unique, operations known, there is one input and at most one mask, every node
/// reaches the output, and every stored type is what its operation's rules give.
void verify(const Graph& graph);

}  // namespace rtlgen
