#include "primitives/solve_dense.hpp"

#include "primitives/adder_graph_literals.hpp"
#include "primitives/dense.hpp"

namespace rtlgen {

void solve_dense(Graph& graph, Graph::NodeId id, Effort effort, const SolutionCache& cache) {
  const std::vector<Interval> inputs = view_of(graph, id).operand(0).intervals;
  Node& node = graph.node(id);
  ConstantMatrixOptions options;
  options.effort = effort;
  options.levels_per_stage = hardware_of(graph).device.levels;
  options.levels_behind = levels_behind_sums(view_of(graph, id));
  const AdderGraph adders = cache.solve(node.literal("weight"), node.literal("bias"), inputs, options);
  node.attributes["adders"] = adder_literal(adders);
  node.attributes["sums"] = sum_literal(adders);
}

void solve_dense(Graph& graph, Effort effort, const SolutionCache& cache) {
  for (const Graph::NodeId id : graph.topological_order()) {
    if (graph.node(id).op == "dense") {
      solve_dense(graph, id, effort, cache);
    }
  }
}

}  // namespace rtlgen
