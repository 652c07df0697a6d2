#include "primitives/solve_dense.hpp"

#include <algorithm>
#include <thread>
#include <vector>

#include "primitives/cmvm/run_all.hpp"
#include "primitives/constant_product.hpp"

namespace rtlgen {
namespace {

/// Bits of an adder as they are in most matrices.
constexpr int kUsualAdder = 16;

AdderGraph adders_of(const Graph& graph, Graph::NodeId id, Effort effort, bool ternary_adders,
                     const SolutionCache& cache) {
  const NodeView view = view_of(graph, id);
  const auto& product = *view.node.as<ConstantProduct>();
  ConstantMatrixOptions options;
  options.effort = effort;
  options.levels_per_stage = hardware_of(graph, id).device.adders(kUsualAdder);
  options.ternary_adders = ternary_adders;
  return product.solve(view, options, cache);
}

void store(Graph& graph, Graph::NodeId id, const AdderGraph& adders) {
  graph.node(id).operation = graph.node(id).as<ConstantProduct>()->with_adders(view_of(graph, id), adders);
}

}  // namespace

void solve_dense(Graph& graph, Graph::NodeId id, Effort effort, const SolutionCache& cache, bool ternary_adders) {
  store(graph, id, adders_of(graph, id, effort, ternary_adders, cache));
}

void solve_dense(Graph& graph, Effort effort, const SolutionCache& cache, bool ternary_adders) {
  std::vector<Graph::NodeId> nodes;
  for (const Graph::NodeId id : graph.topological_order()) {
    if (graph.node(id).as<ConstantProduct>() != nullptr) {
      nodes.push_back(id);
    }
  }
  // Each on its own, so that what is found does not depend on the number of threads.
  std::vector<AdderGraph> found(nodes.size());
  run_all(static_cast<int>(nodes.size()), std::max(1U, std::thread::hardware_concurrency()), [&](int index) {
    const auto i = static_cast<std::size_t>(index);
    found[i] = adders_of(graph, nodes[i], effort, ternary_adders, cache);
  });
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    store(graph, nodes[i], found[i]);
  }
}

}  // namespace rtlgen
