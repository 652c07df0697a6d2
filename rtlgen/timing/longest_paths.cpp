#include "rtlgen/timing/longest_paths.hpp"

#include <algorithm>

namespace rtlgen {
namespace {

std::size_t index(int number) { return static_cast<std::size_t>(number); }

constexpr int kNoWay = -2000000000;  // neither an arc nor ~start

}  // namespace

LongestPaths::LongestPaths(const TimingGraph& graph) : graph_(graph) {
  first_arc_.assign(index(graph.nodes) + 1, 0);
  for (const TimingArc& arc : graph.arcs) ++first_arc_[index(arc.from) + 1];
  for (std::size_t i = 1; i < first_arc_.size(); ++i) first_arc_[i] += first_arc_[i - 1];
  by_source_.resize(graph.arcs.size());
  std::vector<std::size_t> next(first_arc_.begin(), first_arc_.end() - 1);
  for (std::size_t a = 0; a < graph.arcs.size(); ++a) {
    by_source_[next[index(graph.arcs[a].from)]++] = static_cast<int>(a);
  }
  order_nodes();
}

void LongestPaths::order_nodes() {
  std::vector<int> waiting(index(graph_.nodes), 0);  // arcs whose source is not yet placed
  for (const TimingArc& arc : graph_.arcs) ++waiting[index(arc.to)];
  for (int node = 0; node < graph_.nodes; ++node) {
    if (waiting[index(node)] == 0) order_.push_back(node);
  }
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const auto node = index(order_[i]);
    for (std::size_t a = first_arc_[node]; a < first_arc_[node + 1]; ++a) {
      const int to = graph_.arcs[index(by_source_[a])].to;
      if (--waiting[index(to)] == 0) order_.push_back(to);
    }
  }
  find_loops(std::move(waiting));
}

// What is left is on loops or behind them; what is still left when the same is done from the ends is not only behind.
void LongestPaths::find_loops(std::vector<int> waiting) {
  std::vector<int> open(index(graph_.nodes), 0);  // arcs to nodes that may be on a loop
  std::vector<std::vector<int>> sources(index(graph_.nodes));
  std::vector<int> clear;
  const auto left = [&](int node) { return waiting[index(node)] > 0; };
  for (const TimingArc& arc : graph_.arcs) {
    if (left(arc.from) && left(arc.to)) {
      ++open[index(arc.from)];
      sources[index(arc.to)].push_back(arc.from);
    }
  }
  for (int node = 0; node < graph_.nodes; ++node) {
    if (left(node) && open[index(node)] == 0) clear.push_back(node);
  }
  while (!clear.empty()) {
    const int node = clear.back();
    clear.pop_back();
    waiting[index(node)] = 0;
    for (const int source : sources[index(node)]) {
      if (--open[index(source)] == 0) clear.push_back(source);
    }
  }
  for (int node = 0; node < graph_.nodes; ++node) {
    if (left(node)) loops_.push_back(node);
  }
}

void LongestPaths::compute() {
  const auto nodes = index(graph_.nodes);
  arrival_.assign(nodes, kNever);
  departure_.assign(nodes, kNever);
  entry_.assign(nodes, kNoWay);
  exit_.assign(nodes, kNoWay);
  const auto improve = [](std::vector<int>& times, std::vector<int>& ways, int node, int time, int way) {
    if (time > times[index(node)]) {
      times[index(node)] = time;
      ways[index(node)] = way;
    }
  };
  for (std::size_t s = 0; s < graph_.starts.size(); ++s) {
    improve(arrival_, entry_, graph_.starts[s].node, graph_.starts[s].delay, ~static_cast<int>(s));
  }
  for (std::size_t e = 0; e < graph_.ends.size(); ++e) {
    improve(departure_, exit_, graph_.ends[e].node, graph_.ends[e].delay, ~static_cast<int>(e));
  }
  for (const int node : order_) {
    if (arrival_[index(node)] == kNever) continue;
    for (std::size_t a = first_arc_[index(node)]; a < first_arc_[index(node) + 1]; ++a) {
      const TimingArc& arc = graph_.arcs[index(by_source_[a])];
      improve(arrival_, entry_, arc.to, arrival_[index(node)] + arc.delay, by_source_[a]);
    }
  }
  for (auto node = order_.rbegin(); node != order_.rend(); ++node) {
    for (std::size_t a = first_arc_[index(*node)]; a < first_arc_[index(*node) + 1]; ++a) {
      const TimingArc& arc = graph_.arcs[index(by_source_[a])];
      if (departure_[index(arc.to)] == kNever) continue;
      improve(departure_, exit_, *node, departure_[index(arc.to)] + arc.delay, by_source_[a]);
    }
  }
}

LongestPaths::Way LongestPaths::way_to(int node) const {
  Way way;
  while (entry_[index(node)] >= 0) {
    way.arcs.push_back(entry_[index(node)]);
    node = graph_.arcs[index(way.arcs.back())].from;
  }
  way.start = entry_[index(node)] == kNoWay ? -1 : ~entry_[index(node)];
  std::reverse(way.arcs.begin(), way.arcs.end());
  return way;
}

LongestPaths::WayOut LongestPaths::way_from(int node) const {
  WayOut way;
  while (exit_[index(node)] >= 0) {
    way.arcs.push_back(exit_[index(node)]);
    node = graph_.arcs[index(way.arcs.back())].to;
  }
  way.end = exit_[index(node)] == kNoWay ? -1 : ~exit_[index(node)];
  return way;
}

}  // namespace rtlgen
