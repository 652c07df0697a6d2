// The pass that makes one matrix of dense nodes that read the same tensor.
#pragma once

#include "ir/graph.hpp"
#include "primitives/solution_cache.hpp"

namespace rtlgen {

/// The same graph with sibling dense nodes solved together: nodes of one operand, relu, rounding and overflow mode
/// become one dense node of their stacked matrices, and slices of it that have the names, types and values of the nodes
/// before. Siblings, all of a kind, are merged where that takes fewer LUTs and flip-flops, by adder graphs of effort
/// `fast`, and makes none of them later. Throws IrError where the graph is not verified.
Graph merge_dense(const Graph& graph, const SolutionCache& cache);

}  // namespace rtlgen
