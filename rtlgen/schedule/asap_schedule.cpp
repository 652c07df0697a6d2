#include "rtlgen/schedule/asap_schedule.hpp"

#include <algorithm>
#include <utility>

namespace rtlgen {
namespace {

class Scheduler {
 public:
  explicit Scheduler(const Graph& graph) : graph_(graph), hardware_(hardware_of(graph)), beats_(hardware_.beats()) {}

  Schedule run() {
    schedule_.nodes.resize(graph_.size());
    for (const Graph::NodeId id : graph_.topological_order()) {
      place(id);
    }
    schedule_.beats = beats_;
    schedule_.interval = beats_;
    schedule_.output = schedule_.nodes[graph_.output()].output;
    schedule_.output_beats = schedule_.output.base == TimeBase::event ? 1 : beats_;
    schedule_.latency = beats_ - 1 + schedule_.output.offset;
    if (schedule_.output.base == TimeBase::replay) {
      schedule_.latency += beats_ - 1;
    }
    return std::move(schedule_);
  }

 private:
  void place(Graph::NodeId id) {
    const Timing timing = primitive_of(graph_.node(id)).timing(view_of(graph_, id), hardware_);
    NodeSchedule& node = schedule_.nodes[id];
    for (const Graph::NodeId operand : graph_.operands(id)) {
      node.operands.push_back(schedule_.nodes[operand].output);
    }
    node.alignments.resize(node.operands.size());
    switch (timing.kind) {
      case Timing::Kind::source:
        node.output = {TimeBase::token, timing.latency};
        break;
      case Timing::Kind::tokenwise: {
        align(id, node, 0);
        node.output = {node.operands[0].base, node.operands[0].offset + timing.latency};
        break;
      }
      case Timing::Kind::reduction: {
        align(id, node, 0);
        const Arrival& last = node.operands[0];
        const int wait = last.base == TimeBase::replay ? beats_ - 1 : 0;
        // With one beat an event its first beat is its last, and all bases are the same.
        node.output = {beats_ == 1 ? last.base : TimeBase::event, last.offset + wait + timing.latency};
        break;
      }
      case Timing::Kind::attention:
        place_attention(id, node, timing.latency);
        break;
    }
  }

  /// Brings the operands from `first` on to one base and offset.
  void align(Graph::NodeId id, NodeSchedule& node, std::size_t first) {
    TimeBase base = node.operands[first].base;
    for (std::size_t i = first; i < node.operands.size(); ++i) {
      base = std::max(base, node.operands[i].base);
    }
    int offset = 0;
    for (std::size_t i = first; i < node.operands.size(); ++i) {
      if (node.operands[i].base != base) {
        replay(id, node, i, base, node.operands[i].offset);
      }
      offset = std::max(offset, node.operands[i].offset);
    }
    for (std::size_t i = first; i < node.operands.size(); ++i) {
      delay(node, i, offset);
    }
  }

  void delay(NodeSchedule& node, std::size_t operand, int offset) {
    node.alignments[operand].delay = offset - node.operands[operand].offset;
    node.operands[operand].offset = offset;
  }

  void replay(Graph::NodeId id, NodeSchedule& node, std::size_t operand, TimeBase base, int start) {
    if (node.operands[operand].base != TimeBase::token || base != TimeBase::replay) {
      throw IrError("node '" + graph_.node(id).name + "': its operands come at times that cannot be aligned");
    }
    node.alignments[operand].replay_start = start;
    node.operands[operand] = {TimeBase::replay, start + 1};
  }

  /// Queries follow the last beat of keys and values by one clock (docs/rtl.md).
  void place_attention(Graph::NodeId id, NodeSchedule& node, int latency) {
    Arrival query = node.operands[0];
    align(id, node, 1);
    const TimeBase base = node.operands[1].base;
    int keys = node.operands[1].offset;
    if (beats_ == 1) {  // the bank is full one clock after the only beat
      keys = std::max(keys, query.offset - 1);
      delay_all(node, keys);
      delay(node, 0, keys + 1);
      node.output = {base, keys + 1 + latency};
      return;
    }
    if (base == TimeBase::token && query.base == TimeBase::token) {
      // The event buffer may be read before its last beat is in, as long as beat 0 is.
      keys = std::max(keys, query.offset - (beats_ - 2));
      delay_all(node, keys);
      const int start = std::min(keys, query.offset);
      replay(id, node, 0, TimeBase::replay, start);
      delay(node, 0, keys + 1);
      node.output = {TimeBase::replay, keys + 1 + latency};
      return;
    }
    if (base == TimeBase::token) {  // queries that already passed another attention
      keys = std::max(keys, query.offset - 1);
      delay_all(node, keys);
      delay(node, 0, keys + 1);
      node.output = {TimeBase::replay, keys + 1 + latency};
      return;
    }
    if (query.base == TimeBase::token) {
      replay(id, node, 0, TimeBase::replay, query.offset);
      query = node.operands[0];
    }
    const int wait = beats_;  // from the first key to the first query
    keys = std::max(keys, query.offset - wait);
    delay_all(node, keys);
    delay(node, 0, keys + wait);
    node.output = {TimeBase::replay, keys + wait + latency};
  }

  /// Delays keys, values and mask to `offset`, on top of what aligned them.
  void delay_all(NodeSchedule& node, int offset) {
    for (std::size_t i = 1; i < node.operands.size(); ++i) {
      node.alignments[i].delay += offset - node.operands[i].offset;
      node.operands[i].offset = offset;
    }
  }

  const Graph& graph_;
  const Hardware hardware_;
  const int beats_;
  Schedule schedule_;
};

}  // namespace

Schedule asap_schedule(const Graph& graph) { return Scheduler(graph).run(); }

}  // namespace rtlgen
