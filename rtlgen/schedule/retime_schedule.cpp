#include "rtlgen/schedule/retime_schedule.hpp"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "primitives/cmvm/minimum_registers.hpp"

namespace rtlgen {
namespace {

/// A node and its operands move together: whatever its rules ask of them (docs/architecture.md) stays as it is. The
/// variables are the offsets of the nodes' tensors, by node id, and behind them the starts of the event buffers.
class Retiming {
 public:
  Retiming(const Graph& graph, Schedule schedule)
      : graph_(graph), hardware_(hardware_of(graph)), schedule_(std::move(schedule)) {
    problem_.variables = graph.size();
    for (Graph::NodeId id = 0; id < graph.size(); ++id) {
      if (graph.operands(id).empty() || id == graph.output()) {
        problem_.fixed.push_back({id, schedule_.nodes[id].output.offset});
      }
    }
    add_values();
  }

  Schedule run() {
    const std::vector<int> times = minimum_register_times(problem_);
    for (Graph::NodeId id = 0; id < graph_.size(); ++id) {
      NodeSchedule& node = schedule_.nodes[id];
      const int later = times[id] - node.output.offset;
      node.output.offset += later;
      const std::vector<Graph::NodeId> operands = graph_.operands(id);
      for (std::size_t i = 0; i < operands.size(); ++i) {
        Alignment& alignment = node.alignments[i];
        const TimePoint made = made_at(operands[i], alignment.replay_start);
        if (alignment.replay_start) {
          alignment.replay_start = times[made.variable];
        }
        node.operands[i].offset += later;
        alignment.delay = node.operands[i].offset - (times[made.variable] + made.offset);
      }
    }
    return std::move(schedule_);
  }

 private:
  /// A tensor as it comes, or behind the event buffer that has this start in the given schedule.
  using Source = std::pair<Graph::NodeId, std::optional<int>>;

  /// What waits: each tensor, as it comes and behind each of its event buffers.
  void add_values() {
    std::map<Source, std::vector<TimePoint>> reads;
    for (Graph::NodeId id = 0; id < graph_.size(); ++id) {
      const NodeSchedule& node = schedule_.nodes[id];
      const std::vector<Graph::NodeId> operands = graph_.operands(id);
      for (std::size_t i = 0; i < operands.size(); ++i) {
        const int before_output = node.operands[i].offset - node.output.offset;
        reads[{operands[i], node.alignments[i].replay_start}].push_back({id, before_output});
      }
    }
    for (const auto& [source, readers] : reads) {
      if (source.second) {
        add_buffer(source);
      }
      const long bits = hardware_.beat_bits(graph_.node(source.first).type);
      problem_.values.push_back({bits, made_at(source.first, source.second), readers});
    }
  }

  /// docs/rtl.md, event_replay. Beat i is read i clocks after the start. It must be written a clock before; without
  /// gaps that happens beats - 1 - i clocks before the last beat, which comes at the tensor's offset. And the next
  /// event's beat i, which comes 1 + i clocks after that last beat at the soonest, must not come before it is read. (No
  /// start is before the input's last beat: its readers are not, and a start before the first of them saves bits by
  /// waiting.)
  void add_buffer(const Source& source) {
    const std::size_t start = problem_.variables++;
    starts_[source] = start;
    problem_.constraints.push_back({source.first, start, 2 - schedule_.beats});
    problem_.constraints.push_back({start, source.first, -1});
  }

  TimePoint made_at(Graph::NodeId id, const std::optional<int>& start) const {
    return start ? TimePoint{starts_.at({id, start}), 1} : TimePoint{id, 0};
  }

  const Graph& graph_;
  const Hardware hardware_;
  Schedule schedule_;
  RegisterProblem problem_;
  std::map<Source, std::size_t> starts_;
};

}  // namespace

Schedule retime_schedule(const Graph& graph, Schedule schedule) { return Retiming(graph, std::move(schedule)).run(); }

}  // namespace rtlgen
