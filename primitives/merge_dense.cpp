#include "primitives/merge_dense.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "ir/verify.hpp"
#include "primitives/cmvm/run_all.hpp"
#include "primitives/dense.hpp"
#include "primitives/element_formats.hpp"
#include "primitives/requantize.hpp"
#include "primitives/slice.hpp"
#include "primitives/solve_dense.hpp"

namespace rtlgen {
namespace {

using NodeId = Graph::NodeId;

/// Siblings in topological order, and the node that they become.
struct Group {
  std::vector<NodeId> members;
  Node merged;
};

/// The format and the ends of a feature's mantissas, before they are brought to one binary point.
struct Feature {
  Format format;
  Interval limits;
};

std::vector<Feature> features_of(const Dense& dense) {
  std::vector<Feature> features;
  for (const ElementFormat& element : element_formats(dense.output, dense.bias.values.size())) {
    const Quantizer& quantizer = element.quantizer;
    if (element.pruned) {
      features.push_back({{false, 0, -dense.output.quantizer.format.frac()}, {0, 0}});
    } else {
      features.push_back(
          {quantizer.format, element.limits.value_or(Interval{quantizer.lowest(), quantizer.format.max()})});
    }
  }
  return features;
}

/// The quantizer into whose format all formats of the siblings fit.
Quantizer common_quantizer(const std::vector<const Dense*>& siblings) {
  Quantizer common = siblings[0]->output.quantizer;
  int frac = common.format.frac();
  for (const Dense* const dense : siblings) {
    common.format.is_signed = common.format.is_signed || dense->output.quantizer.format.is_signed;
    frac = std::max(frac, dense->output.quantizer.format.frac());
  }
  int integer = std::numeric_limits<int>::min();
  for (const Dense* const dense : siblings) {
    const Format& format = dense->output.quantizer.format;
    integer = std::max(integer, format.integer + (common.format.is_signed && !format.is_signed ? 1 : 0));
  }
  common.format.integer = integer;
  common.format.width = integer + frac;
  return common;
}

/// What the siblings have in common of their names, and what tells them apart: block.attn.q+k+v.
std::string merged_name(const Graph& graph, const std::vector<const Node*>& nodes) {
  std::string prefix = nodes[0]->name.substr(0, nodes[0]->name.rfind('.') + 1);
  const bool common = std::all_of(nodes.begin(), nodes.end(), [&](const Node* node) {
    return node->name.rfind('.') + 1 == prefix.size() && node->name.compare(0, prefix.size(), prefix) == 0;
  });
  prefix = common ? prefix : "";
  std::string name = prefix;
  for (const Node* const node : nodes) {
    name += (node == nodes[0] ? "" : "+") + node->name.substr(prefix.size());
  }
  while (graph.contains(name)) {
    name += "+";
  }
  return name;
}

/// Appends factor times the values, row by row; false where one gets too large.
bool append(const Literal& from, std::int64_t factor, Literal& to) {
  constexpr std::int64_t kMost = std::int64_t{1} << kMaxTensorWidth;
  for (const std::int64_t value : from.values) {
    if (value > kMost / factor || value < -kMost / factor) {
      return false;
    }
    to.values.push_back(factor * value);
  }
  to.shape[0] += from.shape[0];
  return true;
}

/// The siblings' stacked matrix; nothing where no format holds all results, or sums would be too wide.
std::optional<Dense> stacked(const std::vector<const Dense*>& siblings) {
  Dense merged;
  merged.relu = siblings[0]->relu;
  merged.output = common_quantizer(siblings);
  const int width = merged.output.quantizer.format.width;
  if (width < 1 || width > kMaxFormatWidth) {
    return std::nullopt;
  }
  merged.weight_frac = std::numeric_limits<int>::min();
  bool limited = false;
  for (const Dense* const dense : siblings) {
    merged.weight_frac = std::max(merged.weight_frac, dense->weight_frac);
    limited = limited || !dense->output.limits.empty();
  }
  merged.weight.shape = {0, siblings[0]->weight.shape[1]};
  merged.bias.shape = {0};
  for (const Dense* const dense : siblings) {
    const int shift = merged.weight_frac - dense->weight_frac;
    if (shift > kMaxShift || !append(dense->weight, std::int64_t{1} << shift, merged.weight) ||
        !append(dense->bias, std::int64_t{1} << shift, merged.bias)) {
      return std::nullopt;
    }
    for (const Feature& feature : features_of(*dense)) {
      merged.output.formats.push_back(feature.format);
      if (limited) {
        merged.output.limits.push_back(feature.limits);
      }
    }
  }
  merged.output.shape = {static_cast<int>(merged.output.formats.size())};
  return merged;
}

std::optional<Node> merged_node(const Graph& graph, const std::vector<NodeId>& members) {
  std::vector<const Node*> nodes;
  std::vector<const Dense*> siblings;
  for (const NodeId id : members) {
    nodes.push_back(&graph.node(id));
    siblings.push_back(nodes.back()->as<Dense>());
  }
  std::optional<Dense> dense = stacked(siblings);
  if (!dense) {
    return std::nullopt;
  }
  Node merged{merged_name(graph, nodes), std::make_shared<const Dense>(std::move(*dense)), {}, {}};
  try {
    merged.type = merged.operation->infer({merged, view_of(graph, members[0]).operands});
  } catch (const IrError&) {
    return std::nullopt;
  }
  return merged;
}

std::vector<Group> find_groups(const Graph& graph) {
  std::map<std::tuple<NodeId, bool, Rounding, Overflow>, std::vector<NodeId>> siblings;
  for (const NodeId id : graph.topological_order()) {
    const auto* const dense = graph.node(id).as<Dense>();
    if (dense != nullptr && !dense->adders && graph.operands(id).size() == 1) {
      const Quantizer& output = dense->output.quantizer;
      siblings[{graph.operands(id)[0], dense->relu, output.rounding, output.overflow}].push_back(id);
    }
  }
  std::vector<Group> groups;
  for (auto& [key, members] : siblings) {
    std::optional<Node> merged = members.size() < 2 ? std::nullopt : merged_node(graph, members);
    if (merged) {
      groups.push_back({std::move(members), std::move(*merged)});
    }
  }
  return groups;
}

/// A slice of `merged` that has the name, type and values of `node`.
Node slice_of(const Graph& graph, NodeId merged, int first, const Node& node) {
  const Quantizer& output = node.as<Dense>()->output.quantizer;
  Node slice{node.name, std::make_shared<const Slice>(first, node.type.features, output), {}, node.scale};
  slice.type = slice.operation->infer({slice, {&graph.node(merged).type}});
  if (slice.type.width != node.type.width || slice.type.frac != node.type.frac ||
      slice.type.intervals != node.type.intervals) {
    throw std::logic_error("merged dense nodes: " + node.name + " has another type");
  }
  return slice;
}

/// The graph with these groups merged.
Graph with_merged(Graph graph, const std::vector<Group>& groups) {
  std::vector<NodeId> dead;
  for (const Group& group : groups) {
    const NodeId merged = graph.add(group.merged, graph.operands(group.members[0]));
    int first = 0;
    for (const NodeId id : group.members) {
      const Node slice = slice_of(graph, merged, first, graph.node(id));
      first += slice.type.features;
      graph.replace(id, graph.add(slice, {merged}));
      dead.push_back(id);
    }
  }
  std::sort(dead.rbegin(), dead.rend());
  for (const NodeId id : dead) {
    graph.erase(id);
  }
  return graph;
}

/// Resources and latency of dense nodes that have adders.
struct Estimate {
  double cells = 0;
  int latency = 0;  ///< of the fastest node
};

Estimate estimate(const Graph& graph, const std::vector<NodeId>& nodes) {
  Estimate sum{0, std::numeric_limits<int>::max()};
  for (const NodeId id : nodes) {
    const NodeView view = view_of(graph, id);
    const Hardware hardware = hardware_of(graph, id);
    const Cost cost = primitive_of(view.node).cost(view, hardware);
    sum.cells += cost.lut + cost.ff;
    sum.latency = std::min(sum.latency, primitive_of(view.node).timing(view, hardware).latency);
  }
  return sum;
}

}  // namespace

Graph merge_dense(const Graph& graph, const SolutionCache& cache) {
  std::vector<Group> groups = find_groups(graph);
  Graph apart = graph;
  Graph together = with_merged(graph, groups);
  std::vector<std::pair<Graph*, NodeId>> nodes;
  for (const Group& group : groups) {
    nodes.emplace_back(&together, together.find(group.merged.name));
    for (const NodeId id : group.members) {
      nodes.emplace_back(&apart, id);
    }
  }
  run_all(static_cast<int>(nodes.size()), std::max(1U, std::thread::hardware_concurrency()), [&](int index) {
    const auto& [owner, id] = nodes[static_cast<std::size_t>(index)];
    solve_dense(*owner, id, Effort::fast, cache);
  });
  const auto loses = [&](const Group& group) {
    const Estimate before = estimate(apart, group.members);
    const Estimate after = estimate(together, {together.find(group.merged.name)});
    return after.cells >= before.cells || after.latency > before.latency;
  };
  groups.erase(std::remove_if(groups.begin(), groups.end(), loses), groups.end());
  Graph result = with_merged(graph, groups);
  verify(result);
  return result;
}

}  // namespace rtlgen
