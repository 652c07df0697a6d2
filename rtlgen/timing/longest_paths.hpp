// The longest ways through a timing graph.
#pragma once

#include <vector>

#include "rtlgen/timing/timing_graph.hpp"

namespace rtlgen {

/// Before any way: smaller than every time.
constexpr int kNever = -1000000000;

/// Longest ways to and from every node, by Kahn's topological order (Kahn, 1962); nodes on loops, and between loops,
/// are on none.
class LongestPaths {
 public:
  /// `graph` must stay; its arcs, too, but delays of starts and ends may change before compute().
  explicit LongestPaths(const TimingGraph& graph);

  void compute();

  /// Latest time at a node, and the longest way from it to an end; ps, kNever where there is none.
  int arrival(int node) const { return arrival_[static_cast<std::size_t>(node)]; }
  int departure(int node) const { return departure_[static_cast<std::size_t>(node)]; }

  /// A longest way to a node: the start (its number), and arcs (their numbers) from there on.
  struct Way {
    int start = -1;
    std::vector<int> arcs;
  };
  Way way_to(int node) const;
  /// A longest way from a node to an end: the end (its number), and arcs.
  struct WayOut {
    int end = -1;
    std::vector<int> arcs;
  };
  WayOut way_from(int node) const;

  /// Nodes on loops of logic, and between them.
  const std::vector<int>& loops() const { return loops_; }

 private:
  void order_nodes();
  void find_loops(std::vector<int> waiting);

  const TimingGraph& graph_;
  std::vector<std::size_t> first_arc_;  ///< of a node, in by_source_
  std::vector<int> by_source_;          ///< arcs, by the node that they come from
  std::vector<int> order_;              ///< nodes
  std::vector<int> loops_;
  std::vector<int> arrival_;
  std::vector<int> entry_;  ///< by node: the arc of the longest way to it, or ~start
  std::vector<int> departure_;
  std::vector<int> exit_;  ///< by node: the arc of the longest way from it, or ~end
};

}  // namespace rtlgen
