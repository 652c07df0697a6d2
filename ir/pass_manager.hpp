// Passes over the IR, one behind the other.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ir/graph.hpp"

namespace rtlgen {

/// A step from a graph to a graph that computes the same.
struct Pass {
  std::string name;
  std::function<Graph(Graph graph)> run;
};

/// Is told the graph that a pass has left.
using PassObserver = std::function<void(const std::string& pass, const Graph& graph)>;

/// Runs passes in order. The graph is verified before the first and after each of them, the last among them; then
/// `observer` sees it, the first time under the name `start`. Throws IrError where a pass breaks a rule, with its name.
Graph run_passes(Graph graph, const std::string& start, const std::vector<Pass>& passes, const PassObserver& observer);

}  // namespace rtlgen
