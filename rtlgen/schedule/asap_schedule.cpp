#include "rtlgen/schedule/asap_schedule.hpp"

#include <algorithm>
#include <utility>

namespace rtlgen {
namespace {

class Scheduler {
 public:
  explicit Scheduler(const Graph& graph) : graph_(graph) {}

  Schedule run() {
    schedule_.nodes.resize(graph_.size());
    for (const Graph::NodeId id : graph_.topological_order()) {
      place(id);
    }
    // What leaves the core comes from registers.
    const Stream& made = schedule_.nodes[graph_.output()].output;
    schedule_.output_delay = made.start.ps > 0 || made.start.clock == 0 ? 1 : 0;
    schedule_.output = made.delayed(schedule_.output_delay);
    schedule_.latency = schedule_.input.beats() - 1 + schedule_.output.last();
    for (const NodeSchedule& node : schedule_.nodes) {
      occupy(node.output);
      std::for_each(node.operands.begin(), node.operands.end(), [&](const Stream& stream) { occupy(stream); });
    }
    return std::move(schedule_);
  }

 private:
  void occupy(const Stream& stream) {
    schedule_.interval = std::max(schedule_.interval, stream.beats() * stream.period);
  }

  void place(Graph::NodeId id) {
    const Node& node = graph_.node(id);
    Hardware hardware = hardware_of(graph_, id);
    const NodeView view = view_of(graph_, id);
    Timing timing = primitive_of(node).timing(view, hardware);
    NodeSchedule& placed = schedule_.nodes[id];
    const std::vector<Graph::NodeId> operands = graph_.operands(id);
    if (operands.empty()) {
      const Stream stream = source_stream(node, hardware);
      schedule_.input = node.operation->origin() == Origin::event ? stream : schedule_.input;
      placed.output = stream.delayed(timing.latency);
      return;
    }
    for (const Graph::NodeId operand : operands) {
      placed.operands.push_back(schedule_.nodes[operand].output);
    }
    placed.alignments.resize(operands.size());
    std::vector<std::size_t> beside;
    std::vector<std::size_t> before;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      (timing.ask(i) == Ask::beside ? beside : before).push_back(i);
    }
    const int lanes = hardware.lanes;
    align(placed, before, lanes, false);
    align(placed, beside, lanes, !before.empty());
    if (!before.empty()) {
      queue_behind(placed, before, beside);
    }
    hardware.start = settle(placed, beside);
    timing = primitive_of(node).timing(view, hardware);
    if (!timing.fits) {
      std::for_each(beside.begin(), beside.end(), [&](std::size_t i) { delay(placed, i, 1); });
      hardware.start = settle(placed, beside);
      timing = primitive_of(node).timing(view, hardware);
      if (!before.empty()) {
        queue_behind(placed, before, beside);
      }
    }
    const Stream& leader = placed.operands[0];
    placed.output = leader.moved(timing.latency);
    if (node.type.tokens == 1 && leader.tokens > 1) {
      placed.output = {1, 1, 1, Anchor::event, {leader.last() + timing.latency, 0}};
    }
    placed.output.start.ps = timing.end;
  }

  /// Operands that come together count as there when the last of them is, which is told.
  static int settle(NodeSchedule& node, const std::vector<std::size_t>& beside) {
    int latest = 0;
    for (const std::size_t i : beside) {
      latest = std::max(latest, node.operands[i].start.ps);
    }
    for (const std::size_t i : beside) {
      node.operands[i].start.ps = latest;
    }
    return latest;
  }

  static Stream source_stream(const Node& node, const Hardware& hardware) {
    const int lanes = hardware.lanes_of(node.type);
    // With one beat an event, that is its last.
    return {node.type.tokens, lanes, 1, node.type.tokens > lanes ? Anchor::beat : Anchor::event, {}};
  }

  /// Brings a group of operands to beats of the unit's lanes that come together. `contiguous`: without gaps.
  static void align(NodeSchedule& node, const std::vector<std::size_t>& group, int lanes, bool contiguous) {
    for (const std::size_t i : group) {
      const Stream& stream = node.operands[i];
      contiguous = contiguous || stream.anchor == Anchor::event || needs_lanes(stream, lanes);
    }
    int start = 0;
    for (const std::size_t i : group) {
      const Stream& stream = node.operands[i];
      if (needs_lanes(stream, lanes) || (contiguous && stream.anchor == Anchor::beat)) {
        replay(node, i, lanes);
      }
      start = std::max(start, node.operands[i].start.clock);
    }
    for (const std::size_t i : group) {
      delay(node, i, start - node.operands[i].start.clock);
    }
  }

  static bool needs_lanes(const Stream& stream, int lanes) { return stream.tokens > 1 && stream.lanes != lanes; }

  static void replay(NodeSchedule& node, std::size_t operand, int lanes) {
    const Stream& stream = node.operands[operand];
    // Its start is a tap of the input's last beat, so it is not before that. Any interval leaves as much time.
    const int start = std::max(0, start_window(stream, lanes, 0).earliest);
    node.alignments[operand].replay_start = start;
    node.operands[operand] = replayed(stream, lanes, start);
  }

  static void delay(NodeSchedule& node, std::size_t operand, int clocks) {
    node.alignments[operand].delay += clocks;
    node.operands[operand] = node.operands[operand].delayed(clocks);
  }

  /// The first beat of `beside` follows the last of `before` by one clock.
  static void queue_behind(NodeSchedule& node, const std::vector<std::size_t>& before,
                           const std::vector<std::size_t>& beside) {
    const int missing = node.operands[before.front()].last() + 1 - node.operands[beside.front()].at(0);
    for (const std::size_t i : beside) {
      delay(node, i, std::max(0, missing));
    }
    for (const std::size_t i : before) {
      delay(node, i, std::max(0, -missing));
    }
  }

  const Graph& graph_;
  Schedule schedule_;
};

}  // namespace

Schedule asap_schedule(const Graph& graph) { return Scheduler(graph).run(); }

}  // namespace rtlgen
