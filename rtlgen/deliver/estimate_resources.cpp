#include "rtlgen/deliver/estimate_resources.hpp"

#include <algorithm>
#include <map>

#include "primitives/block_costs.hpp"

namespace rtlgen {
namespace {

/// Event buffers, and delay lines that start where shorter ones end.
Cost buffer_cost(const Graph& graph, const Schedule& schedule) {
  const Hardware hardware = hardware_of(graph);
  Cost cost;
  for (const auto& [source, delays] : waits(graph, schedule)) {
    const int bits = hardware.beat_bits(graph.node(source.first).type);
    cost += source.second ? event_replay_cost(bits, schedule.beats) : Cost{};
    int previous = 0;
    for (const int delay : delays) {
      cost += delay_line_cost(bits, delay - previous);
      previous = delay;
    }
  }
  return cost;
}

/// The latest clock of each time base in which somebody asks where the event begins and ends: reductions, the writers
/// and readers of an event's buffers and banks, and the core's output.
std::map<TimeBase, int> control_lengths(const Graph& graph, const Schedule& schedule) {
  std::map<TimeBase, int> lengths{{TimeBase::token, 0}};
  const auto ask = [&lengths](TimeBase base, int offset) { lengths[base] = std::max(lengths[base], offset); };
  ask(schedule.output.base, schedule.output.offset);
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    const NodeSchedule& node = schedule.nodes[id];
    const Timing timing = primitive_of(graph.node(id)).timing(view_of(graph, id), hardware_of(graph));
    if (timing.kind == Timing::Kind::reduction) {
      ask(node.operands[0].base, node.operands[0].offset);
    } else if (timing.kind == Timing::Kind::attention) {
      ask(node.operands[1].base, node.operands[1].offset);
    }
    for (const Alignment& alignment : node.alignments) {
      ask(TimeBase::token, alignment.replay_start.value_or(0));
    }
  }
  return lengths;
}

/// A counter of beats, and a shift register for each time base; one that replays an event counts as well.
Cost control_cost(const Graph& graph, const Schedule& schedule) {
  const int counter = clog2(schedule.beats);
  Cost cost;
  for (const auto& [base, length] : control_lengths(graph, schedule)) {
    cost += control_delay_cost(length);
    cost += base == TimeBase::event ? Cost{} : Cost{2.0 * counter, static_cast<double>(counter), 0, 0};
  }
  return cost;
}

}  // namespace

Cost estimate_resources(const Graph& graph, const Schedule& schedule) {
  const Hardware hardware = hardware_of(graph);
  Cost total = buffer_cost(graph, schedule) + control_cost(graph, schedule);
  for (Graph::NodeId id = 0; id < graph.size(); ++id) {
    total += primitive_of(graph.node(id)).cost(view_of(graph, id), hardware);
  }
  return total;
}

}  // namespace rtlgen
