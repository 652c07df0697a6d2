// When every tensor is on its wires, and what delays bring operands together.
#pragma once

#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "ir/graph.hpp"
#include "primitives/primitive.hpp"
#include "rtlgen/schedule/stream.hpp"

namespace rtlgen {

/// What stands between a producer and an operand: at most an event buffer, whose start is so many clocks after the
/// event's last input beat, and then a delay line.
struct Alignment {
  std::optional<int> replay_start;
  int delay = 0;
};

struct NodeSchedule {
  Stream output;                      ///< when the node's tensor is there
  std::vector<Stream> operands;       ///< when each operand is taken: after alignment it is there, or earlier within
                                      ///< that clock
  std::vector<Alignment> alignments;  ///< for each operand
};

struct Schedule {
  std::vector<NodeSchedule> nodes;  ///< by node id
  Stream input;                     ///< of the event
  Stream output;                    ///< of the core, on the wires of registers
  int output_delay = 0;             ///< registers behind the node that makes it
  int latency = 0;                  ///< from the first input beat to the last output beat, without gaps
  int interval = 1;                 ///< clocks between events: from a last beat to the next first one, there
                                    ///< are interval - beats idle clocks at least

  /// Idle clocks that must lie between events.
  int pause() const { return interval - input.beats(); }
};

/// A tensor as it is read: as it comes, or behind the event buffer that has this start and gives so many lanes.
struct Reading {
  Graph::NodeId node = 0;
  std::optional<int> replay_start;
  int lanes = 1;

  bool operator<(const Reading& other) const {
    return std::tie(node, replay_start, lanes) < std::tie(other.node, other.replay_start, other.lanes);
  }
};

/// All tensors that are read, by nodes or as the core's output, and for each the delays at which it is, ascending and
/// each once.
std::map<Reading, std::vector<int>> readings(const Graph& graph, const Schedule& schedule);

/// The hardware of a node in a schedule.
Hardware hardware_of(const Graph& graph, const Schedule& schedule, Graph::NodeId id);

/// Bits of the delay lines and event buffers of a schedule. Delays of one tensor share their registers.
struct BufferBits {
  long delay = 0;
  long replay = 0;
};
BufferBits buffer_bits(const Graph& graph, const Schedule& schedule);

}  // namespace rtlgen
