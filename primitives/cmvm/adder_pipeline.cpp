#include "primitives/cmvm/adder_pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "primitives/cmvm/value_bits.hpp"

namespace rtlgen {
namespace {

std::size_t at(int node) { return static_cast<std::size_t>(node); }

/// The adder level, counted from the inputs, in which each node is ready if it comes as soon as possible.
std::vector<int> earliest_levels(const AdderGraph& graph, int levels, int start) {
  std::vector<int> earliest;
  for (const AdderGraph::Node& node : graph.nodes) {
    int ready = node.kind == AdderGraph::Kind::input ? start : 0;
    for (const AdderGraph::Operand& operand : node.operands()) {
      ready = std::max(ready, earliest[at(operand.node)]);
    }
    const bool is_adder = node.kind == AdderGraph::Kind::adder;
    earliest.push_back(is_adder ? earliest_level(node, ready, levels) : ready);
  }
  return earliest;
}

}  // namespace

bool AdderPipeline::is_wire(int node) const {
  return last_use[at(node)] >= 0 && value_bits(graph.nodes[at(node)].interval) > 0;
}

int AdderPipeline::adders() const {
  int count = 0;
  for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
    count += graph.nodes[id].kind == AdderGraph::Kind::adder && is_wire(static_cast<int>(id)) ? 1 : 0;
  }
  return count;
}

int AdderPipeline::ternary_adders() const {
  int count = 0;
  for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
    count += graph.nodes[id].is_ternary() && is_wire(static_cast<int>(id)) ? 1 : 0;
  }
  return count;
}

int AdderPipeline::register_bits() const {
  int bits = 0;
  for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
    bits += value_bits(graph.nodes[id].interval) * std::max(0, last_use[id] - stage[id]);
  }
  return bits;
}

std::string AdderPipeline::problem(int levels, int output_levels, int start) const {
  std::vector<int> depth(graph.nodes.size(), 0);  // adder levels since the last register
  for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
    const AdderGraph::Node& node = graph.nodes[id];
    if (!is_wire(static_cast<int>(id))) {
      continue;
    }
    if (node.kind == AdderGraph::Kind::input && stage[id] != 0) {
      return fmt::format("input {} is in stage {}", id, stage[id]);
    }
    if (last_use[id] < stage[id]) {
      return fmt::format("node {} of stage {} is read in stage {}", id, stage[id], last_use[id]);
    }
    if (node.kind != AdderGraph::Kind::adder) {
      depth[id] = node.kind == AdderGraph::Kind::input ? start : 0;
      continue;
    }
    const int own = node.levels_of(levels);
    depth[id] = own;
    for (const auto& [operand, shift, negative] : node.operands()) {
      if (!is_wire(operand)) {
        continue;
      }
      if (stage[at(operand)] > stage[id]) {
        return fmt::format("node {} of stage {} reads node {} of stage {}", id, stage[id], operand, stage[at(operand)]);
      }
      if (stage[at(operand)] == stage[id]) {
        depth[id] = std::max(depth[id], depth[at(operand)] + own);
      }
    }
    if (levels > 0 && depth[id] > levels) {
      return fmt::format("node {} is adder {} of its stage", id, depth[id]);
    }
  }
  for (const AdderGraph::Output& output : graph.outputs) {
    if (output.node >= 0 && is_wire(output.node) && stage[at(output.node)] > output_stage) {
      return fmt::format("output node {} is computed in stage {}, outputs are read in stage {}", output.node,
                         stage[at(output.node)], output_stage);
    }
    if (levels > 0 && output.node >= 0 && is_wire(output.node) && stage[at(output.node)] == output_stage &&
        depth[at(output.node)] > 0 && depth[at(output.node)] + output_levels > levels) {
      return fmt::format("output node {} is adder {} of the output stage, with {} levels behind it", output.node,
                         depth[at(output.node)], output_levels);
    }
  }
  return "";
}

AdderPipeline make_adder_pipeline(AdderGraph graph, std::vector<int> stage, int output_stage) {
  AdderPipeline pipeline;
  pipeline.graph = std::move(graph);
  pipeline.stage = std::move(stage);
  pipeline.output_stage = output_stage;
  const std::vector<AdderGraph::Node>& nodes = pipeline.graph.nodes;
  pipeline.last_use.assign(nodes.size(), -1);
  const auto use = [&](int node, int reader) {
    int& last = pipeline.last_use[at(node)];
    last = std::max(last, reader);
  };
  for (const AdderGraph::Output& output : pipeline.graph.outputs) {
    if (output.node >= 0) {
      use(output.node, output_stage);
    }
  }
  // Users come behind what they use, so that going backwards it is known which of them matter.
  for (int id = static_cast<int>(nodes.size()) - 1; id >= 0; --id) {
    if (nodes[at(id)].kind == AdderGraph::Kind::adder && pipeline.is_wire(id)) {
      for (const AdderGraph::Operand& operand : nodes[at(id)].operands()) {
        use(operand.node, pipeline.stage[at(id)]);
      }
    }
  }
  const std::string problem = pipeline.problem(0);
  if (!problem.empty()) {
    throw std::logic_error("adder pipeline: " + problem);
  }
  return pipeline;
}

int earliest_level(const AdderGraph::Node& node, int ready, int levels) {
  const int own = node.levels_of(levels);
  const int wait = levels > 0 && ready % levels + own > levels ? levels - ready % levels : 0;
  return ready + wait + own;
}

std::vector<int> earliest_stages(const AdderGraph& graph, int levels, int start) {
  std::vector<int> stage;
  for (const int level : earliest_levels(graph, levels, start)) {
    stage.push_back(levels == 0 || level == 0 ? 0 : (level - 1) / levels);
  }
  return stage;
}

int levels_needed(const AdderGraph& graph, int levels, int start) {
  const std::vector<int> earliest = earliest_levels(graph, levels, start);
  int needed = 0;
  for (const AdderGraph::Output& output : graph.outputs) {
    needed = output.node < 0 ? needed : std::max(needed, earliest[at(output.node)]);
  }
  return needed;
}

int stages_needed(const AdderGraph& graph, int levels) {
  return levels == 0 ? 1 : std::max(1, (levels_needed(graph, levels) + levels - 1) / levels);
}

}  // namespace rtlgen
