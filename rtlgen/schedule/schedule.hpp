// When every tensor is on its wires, and what delays bring operands together.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "ir/graph.hpp"
#include "primitives/primitive.hpp"

namespace rtlgen {

/// What a tensor's clocks are counted from. An event's beats may enter with gaps; a replayed stream has none.
enum class TimeBase {
  token,   ///< beat i is there `offset` clocks after input beat i
  replay,  ///< beat i is there `offset` + i clocks after the event's last input beat
  event,   ///< the only beat is there `offset` clocks after the event's last input beat
};

/// When a tensor is on its wires.
struct Arrival {
  TimeBase base = TimeBase::token;
  int offset = 0;

  bool operator<(const Arrival& other) const { return base != other.base ? base < other.base : offset < other.offset; }
  bool operator==(const Arrival& other) const { return base == other.base && offset == other.offset; }
};

/// What stands between a producer and an operand: at most an event buffer, started by the last beat of the token stream
/// at offset `replay_start`, and then a delay line.
struct Alignment {
  std::optional<int> replay_start;
  int delay = 0;
};

struct NodeSchedule {
  Arrival output;                     ///< when the node's tensor is there
  std::vector<Arrival> operands;      ///< when each operand is there, after alignment
  std::vector<Alignment> alignments;  ///< for each operand
};

struct Schedule {
  std::vector<NodeSchedule> nodes;  ///< by node id
  int beats = 1;                    ///< input beats an event
  int output_beats = 1;
  Arrival output;    ///< of the core
  int latency = 0;   ///< from the first input beat to the last output beat, without gaps
  int interval = 1;  ///< clocks between events
};

/// A tensor as it comes, or behind the event buffer that has this start.
using WaitingTensor = std::pair<Graph::NodeId, std::optional<int>>;
/// The delays after which each tensor is read, 0 among them.
std::map<WaitingTensor, std::set<int>> waits(const Graph& graph, const Schedule& schedule);

/// Bits of the delay lines and event buffers of a schedule. Delays of one tensor share their registers.
struct BufferBits {
  long delay = 0;
  long replay = 0;
};
BufferBits buffer_bits(const Graph& graph, const Schedule& schedule);

}  // namespace rtlgen
