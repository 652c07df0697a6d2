#include "primitives/cmvm/ternary_adders.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "primitives/cmvm/adder_pipeline.hpp"
#include "primitives/cmvm/stage_end.hpp"
#include "primitives/cmvm/ternary_levels.hpp"

namespace rtlgen {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// An adder that may go into the one that reads it.
struct Merge {
  int child = -1;
  int parent = -1;
  AdderGraph::Node sum;  ///< what the parent becomes
  int saving = 0;        ///< adder bits
  bool allowed = true;
};

/// The parent with the operands of the child in the child's place, the negative ones last. All of them negative: no
/// sum.
AdderGraph::Node merged(const AdderGraph& graph, const AdderGraph::Node& child, const AdderGraph::Node& parent,
                        int child_id) {
  std::vector<AdderGraph::Operand> operands;
  for (const AdderGraph::Operand& outer : parent.operands()) {
    if (outer.node != child_id) {
      operands.push_back(outer);
      continue;
    }
    for (const AdderGraph::Operand& inner : child.operands()) {
      operands.push_back({inner.node, inner.shift + outer.shift, inner.negative != outer.negative});
    }
  }
  const bool positive = std::any_of(operands.begin(), operands.end(),
                                    [](const AdderGraph::Operand& operand) { return !operand.negative; });
  return positive ? graph.sum_of_three(operands, parent.interval) : AdderGraph::Node{};
}

/// Which adders to merge. Every child has one parent, so the merges are the edges of a forest; no adder is in two.
class Matching {
 public:
  Matching(const AdderGraph& graph, int levels, int limit)
      : graph_(graph), levels_(levels), limit_(limit), of_parent_(graph.nodes.size()), chosen_(graph.nodes.size(), -1) {
    find_merges();
  }

  void solve() {
    choose_most();
    while (!in_time()) {
      give_up();
      choose_most();
    }
    take_back();
  }

  /// The graph with the chosen merges.
  AdderGraph take() const {
    std::vector<bool> gone(graph_.nodes.size(), false);
    for (const int merge : chosen_) {
      if (merge >= 0) {
        gone[at(merges_[at(merge)].child)] = true;
      }
    }
    AdderGraph result;
    std::vector<int> number(graph_.nodes.size(), -1);
    for (std::size_t id = 0; id < graph_.nodes.size(); ++id) {
      if (gone[id]) {
        continue;
      }
      number[id] = static_cast<int>(result.nodes.size());
      AdderGraph::Node node = built(static_cast<int>(id));
      for (int* const operand : {&node.a, &node.b, &node.c}) {
        *operand = *operand < 0 ? -1 : number[at(*operand)];
      }
      node.level = result.level_of(node);
      result.nodes.push_back(node);
    }
    for (const AdderGraph::Output& output : graph_.outputs) {
      result.outputs.push_back({output.node < 0 ? -1 : number[at(output.node)], output.shift});
    }
    return result;
  }

 private:
  void find_merges() {
    std::vector<int> reads(graph_.nodes.size(), 0);
    std::vector<int> reader(graph_.nodes.size(), -1);
    for (int id = 0; id < static_cast<int>(graph_.nodes.size()); ++id) {
      for (const AdderGraph::Operand& operand : graph_.nodes[at(id)].operands()) {
        ++reads[at(operand.node)];
        reader[at(operand.node)] = id;
      }
    }
    for (const AdderGraph::Output& output : graph_.outputs) {
      if (output.node >= 0) {
        reader[at(output.node)] = -1;
        reads[at(output.node)] = 2;
      }
    }
    for (int id = 0; id < static_cast<int>(graph_.nodes.size()); ++id) {
      const AdderGraph::Node& child = graph_.nodes[at(id)];
      if (child.kind != AdderGraph::Kind::adder || reads[at(id)] != 1 || child.is_ternary() ||
          graph_.nodes[at(reader[at(id)])].is_ternary()) {
        continue;
      }
      const AdderGraph::Node& parent = graph_.nodes[at(reader[at(id)])];
      const AdderGraph::Node sum = merged(graph_, child, parent, id);
      if (!sum.is_ternary()) {
        continue;
      }
      const int saving = graph_.adder_bits(child) + graph_.adder_bits(parent) - graph_.adder_bits(sum);
      if (saving > 0) {
        of_parent_[at(reader[at(id)])].push_back(static_cast<int>(merges_.size()));
        merges_.push_back({id, reader[at(id)], sum, saving});
      }
    }
  }

  /// What stands at a node's place.
  const AdderGraph::Node& built(int id) const {
    const int merge = chosen_[at(id)];
    return merge < 0 ? graph_.nodes[at(id)] : merges_[at(merge)].sum;
  }

  /// Chooses of the allowed merges those that save most, by what the adders up to each one save at most if it is left
  /// as it is, and if it may be a parent.
  void choose_most() {
    const std::size_t nodes = graph_.nodes.size();
    std::vector<int> alone(nodes, 0);
    std::vector<int> most(nodes, 0);
    std::vector<int> best(nodes, -1);
    for (std::size_t id = 0; id < nodes; ++id) {
      for (const int merge : of_parent_[id]) {
        alone[id] += most[at(merges_[at(merge)].child)];
      }
      most[id] = alone[id];
      for (const int merge : of_parent_[id]) {
        const Merge& m = merges_[at(merge)];
        const int saved = alone[id] - most[at(m.child)] + alone[at(m.child)] + m.saving;
        if (m.allowed && saved > most[id]) {
          most[id] = saved;
          best[id] = merge;
        }
      }
    }
    // From the parents down: a child that is merged is no parent.
    chosen_.assign(nodes, -1);
    std::vector<bool> taken(nodes, false);
    for (std::size_t id = nodes; id-- > 0;) {
      if (!taken[id] && best[id] >= 0) {
        chosen_[id] = best[id];
        taken[at(merges_[at(best[id])].child)] = true;
      }
    }
  }

  /// Whether all outputs are there at the limit; if not, late_ has one that is not from each path.
  bool in_time() {
    const std::size_t nodes = graph_.nodes.size();
    ready_.assign(nodes, 0);
    cause_.assign(nodes, -1);
    std::vector<bool> gone(nodes, false);
    for (const int merge : chosen_) {
      if (merge >= 0) {
        gone[at(merges_[at(merge)].child)] = true;
      }
    }
    for (std::size_t id = 0; id < nodes; ++id) {
      if (gone[id]) {
        continue;
      }
      const AdderGraph::Node& node = built(static_cast<int>(id));
      int ready = 0;
      for (const AdderGraph::Operand& operand : node.operands()) {
        if (ready_[at(operand.node)] > ready) {
          ready = ready_[at(operand.node)];
          cause_[id] = operand.node;
        }
      }
      ready_[id] = earliest_level(node, ready, levels_);
    }
    late_.clear();
    for (const AdderGraph::Output& output : graph_.outputs) {
      if (output.node >= 0 && ready_[at(output.node)] > limit_) {
        late_.push_back(output.node);
      }
    }
    return late_.empty();
  }

  /// Forbids a merge on the longest way to each output that is late: the least of those that wait for what the child
  /// did not, where an adder of two would be faster; else the least.
  void give_up() {
    for (const int output : late_) {
      int least = -1;
      bool least_helps = false;
      for (int id = output; id >= 0; id = cause_[at(id)]) {
        const int merge = chosen_[at(id)];
        if (merge < 0) {
          continue;
        }
        const Merge& m = merges_[at(merge)];
        const std::vector<AdderGraph::Operand> inner = graph_.nodes[at(m.child)].operands();
        const bool helps = std::none_of(inner.begin(), inner.end(), [&](const AdderGraph::Operand& operand) {
          return operand.node == cause_[at(id)];
        });
        if (least < 0 || (helps && !least_helps) || (helps == least_helps && m.saving < merges_[at(least)].saving)) {
          least = merge;
          least_helps = helps;
        }
      }
      merges_[at(least)].allowed = false;
    }
  }

  /// Adds merges of adders that are in none as long as all outputs stay in time, the largest first.
  void take_back() {
    std::vector<bool> used(graph_.nodes.size(), false);
    for (const int merge : chosen_) {
      if (merge >= 0) {
        used[at(merges_[at(merge)].child)] = true;
        used[at(merges_[at(merge)].parent)] = true;
      }
    }
    std::vector<int> order(merges_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int a, int b) { return merges_[at(a)].saving > merges_[at(b)].saving; });
    for (const int merge : order) {
      const Merge& m = merges_[at(merge)];
      if (used[at(m.child)] || used[at(m.parent)]) {
        continue;
      }
      chosen_[at(m.parent)] = merge;
      if (in_time()) {
        used[at(m.child)] = true;
        used[at(m.parent)] = true;
      } else {
        chosen_[at(m.parent)] = -1;
      }
    }
  }

  const AdderGraph& graph_;
  int levels_;
  int limit_;  ///< adder levels until the last output
  std::vector<Merge> merges_;
  std::vector<std::vector<int>> of_parent_;  ///< by node: merges in which it is the parent
  std::vector<int> chosen_;                  ///< by node: the merge in which it is the parent; -1: none
  std::vector<int> ready_;                   ///< by node: adder level, of those that are there
  std::vector<int> cause_;                   ///< by node: the operand it waits for longest; -1: an input
  std::vector<int> late_;                    ///< output nodes behind the limit
};

}  // namespace

AdderGraph with_ternary_adders(AdderGraph graph, int levels, int output_levels) {
  const int limit = end_of_last_stage(levels_needed(graph, levels), levels, output_levels);
  return with_ternary_adders_until(std::move(graph), levels, limit);
}

AdderGraph with_ternary_adders_until(AdderGraph graph, int levels, int limit) {
  if (!TernaryLevels(levels).allowed()) {
    return graph;
  }
  Matching matching(graph, levels, std::max(limit, levels_needed(graph, levels)));
  matching.solve();
  return matching.take();
}

}  // namespace rtlgen
