#include "primitives/merge_dense.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "ir/verify.hpp"
#include "primitives/cmvm/run_all.hpp"
#include "primitives/primitive.hpp"
#include "primitives/requantize.hpp"
#include "primitives/solve_dense.hpp"

namespace rtlgen {
namespace {

using NodeId = Graph::NodeId;

/// Siblings in topological order, and the node that they become.
struct Group {
  std::vector<NodeId> members;
  Node merged;
};

/// Formats of the features of a dense node as docs/ir.md has them: 1 if signed, width, fraction bits.
std::vector<std::int64_t> formats_of(const Node& node) {
  if (node.has("formats")) {
    return node.literal("formats").values;
  }
  const Format& format = node.quantizer("output").format;
  std::vector<std::int64_t> values;
  for (int o = 0; o < node.type.features; ++o) {
    values.insert(values.end(), {format.is_signed ? 1 : 0, format.width, format.frac()});
  }
  return values;
}

/// Ends of the features' mantissas, before they are brought to one binary point.
std::vector<std::int64_t> limits_of(const Node& node) {
  if (node.has("limits")) {
    return node.literal("limits").values;
  }
  const std::vector<std::int64_t> formats = formats_of(node);
  std::vector<std::int64_t> values;
  for (auto format = formats.begin(); format != formats.end(); format += 3) {
    Quantizer quantizer = node.quantizer("output");
    quantizer.format = {format[0] != 0, static_cast<int>(format[1]), static_cast<int>(format[1] - format[2])};
    const bool pruned = quantizer.format.width == 0;
    values.insert(values.end(), {pruned ? 0 : quantizer.lowest(), pruned ? 0 : quantizer.format.max()});
  }
  return values;
}

/// The quantizer into whose format all formats of the siblings fit.
Quantizer common_quantizer(const std::vector<const Node*>& nodes) {
  Quantizer common = nodes[0]->quantizer("output");
  int frac = common.format.frac();
  for (const Node* const node : nodes) {
    common.format.is_signed = common.format.is_signed || node->quantizer("output").format.is_signed;
    frac = std::max(frac, node->quantizer("output").format.frac());
  }
  int integer = std::numeric_limits<int>::min();
  for (const Node* const node : nodes) {
    const Format& format = node->quantizer("output").format;
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
  const auto taken = [&] {
    bool found = false;
    for (NodeId id = 0; id < graph.size(); ++id) {
      found = found || graph.node(id).name == name;
    }
    return found;
  };
  while (taken()) {
    name += "+";
  }
  return name;
}

/// The siblings' stacked matrix; nothing where no format holds all results, or sums would be too wide.
std::optional<Node> merged_node(const Graph& graph, const std::vector<NodeId>& members) {
  std::vector<const Node*> nodes;
  std::int64_t weight_frac = std::numeric_limits<std::int64_t>::min();
  bool limited = false;
  for (const NodeId id : members) {
    nodes.push_back(&graph.node(id));
    weight_frac = std::max(weight_frac, nodes.back()->integer("weight_frac"));
    limited = limited || nodes.back()->has("limits");
  }
  const Quantizer output = common_quantizer(nodes);
  if (output.format.width < 1 || output.format.width > kMaxFormatWidth) {
    return std::nullopt;
  }
  Literal weight{{0, nodes[0]->literal("weight").shape[1]}, {}};
  Literal bias{{0}, {}};
  Literal formats{{0, 3}, {}};
  Literal limits{{0, 2}, {}};
  for (const Node* const node : nodes) {
    const std::int64_t shift = weight_frac - node->integer("weight_frac");
    if (shift > kMaxShift) {
      return std::nullopt;
    }
    const auto append = [](const std::vector<std::int64_t>& values, std::int64_t factor, Literal& to) {
      constexpr std::int64_t kMost = std::int64_t{1} << kMaxTensorWidth;
      for (const std::int64_t value : values) {
        if (value > kMost / factor || value < -kMost / factor) {
          return false;
        }
        to.values.push_back(factor * value);
      }
      return true;
    };
    const int features = node->type.features;
    if (!append(node->literal("weight").values, std::int64_t{1} << shift, weight) ||
        !append(node->literal("bias").values, std::int64_t{1} << shift, bias)) {
      return std::nullopt;
    }
    append(formats_of(*node), 1, formats);
    append(limits_of(*node), 1, limits);
    for (Literal* const literal : {&weight, &bias, &formats, &limits}) {
      literal->shape[0] += features;
    }
  }
  Node merged{merged_name(graph, nodes), "dense", {}, {}};
  merged.attributes = {{"weight", weight},   {"bias", bias},     {"weight_frac", weight_frac},
                       {"formats", formats}, {"output", output}, {"relu", nodes[0]->integer("relu")}};
  if (limited) {
    merged.attributes["limits"] = limits;
  }
  try {
    merged.type = primitive("dense").infer({merged, view_of(graph, members[0]).operands});
  } catch (const IrError&) {
    return std::nullopt;
  }
  return merged;
}

std::vector<Group> find_groups(const Graph& graph) {
  std::map<std::tuple<NodeId, std::int64_t, Rounding, Overflow>, std::vector<NodeId>> siblings;
  for (const NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    if (node.op == "dense" && !node.has("adders")) {
      const Quantizer& output = node.quantizer("output");
      siblings[{graph.operands(id)[0], node.integer("relu"), output.rounding, output.overflow}].push_back(id);
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

/// The graph with these groups merged.
Graph with_merged(const Graph& graph, const std::vector<Group>& groups) {
  std::map<NodeId, const Group*> group_of;
  for (const Group& group : groups) {
    for (const NodeId id : group.members) {
      group_of[id] = &group;
    }
  }
  Graph result = graph.without_nodes();
  std::vector<NodeId> copies(graph.size());
  std::map<const Group*, std::pair<NodeId, std::int64_t>> made;  // node, and features that are sliced off
  for (const NodeId id : graph.topological_order()) {
    const Node& node = graph.node(id);
    std::vector<NodeId> operands = graph.operands(id);
    std::transform(operands.begin(), operands.end(), operands.begin(), [&](NodeId operand) { return copies[operand]; });
    const auto group = group_of.find(id);
    if (group == group_of.end()) {
      copies[id] = result.add(node, operands);
      continue;
    }
    const auto known = made.find(group->second);
    auto& [merged, first] =
        (known != made.end()
             ? known
             : made.emplace(group->second, std::pair(result.add(group->second->merged, operands), 0)).first)
            ->second;
    Node slice{node.name, "slice", {}, {}};
    slice.attributes = {
        {"first", first}, {"count", std::int64_t{node.type.features}}, {"output", node.quantizer("output")}};
    first += node.type.features;
    copies[id] = result.add(slice, {merged});
    Node& added = result.node(copies[id]);
    added.type = primitive("slice").infer(view_of(result, copies[id]));
    if (added.type.width != node.type.width || added.type.frac != node.type.frac ||
        added.type.intervals != node.type.intervals) {
      throw std::logic_error("merged dense nodes: " + node.name + " has another type");
    }
  }
  result.set_output(copies[graph.output()]);
  return result;
}

/// Resources and latency of dense nodes that have adders.
struct Estimate {
  double cells = 0;
  int latency = 0;  ///< of the fastest node
};

Estimate estimate(const Graph& graph, const std::vector<NodeId>& nodes) {
  const Hardware hardware = hardware_of(graph);
  Estimate sum{0, std::numeric_limits<int>::max()};
  for (const NodeId id : nodes) {
    const NodeView view = view_of(graph, id);
    const Cost cost = primitive("dense").cost(view, hardware);
    sum.cells += cost.lut + cost.ff;
    sum.latency = std::min(sum.latency, primitive("dense").timing(view, hardware).latency);
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
