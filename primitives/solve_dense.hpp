// The pass that finds the adders of multiplications by constants.
#pragma once

#include "ir/graph.hpp"
#include "primitives/cmvm/constant_matrix.hpp"
#include "primitives/solution_cache.hpp"

namespace rtlgen {

/// Gives a node that is a ConstantProduct, and whose type must be known, the literals "adders" and "sums" (docs/ir.md);
/// with `ternary_adders` they may have three operands.
void solve_dense(Graph& graph, Graph::NodeId id, Effort effort, const SolutionCache& cache,
                 bool ternary_adders = false);

/// The same for all such nodes of a graph.
void solve_dense(Graph& graph, Effort effort, const SolutionCache& cache, bool ternary_adders = false);

}  // namespace rtlgen
