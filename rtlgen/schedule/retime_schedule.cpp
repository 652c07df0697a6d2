#include "rtlgen/schedule/retime_schedule.hpp"

#include <map>
#include <utility>
#include <vector>

#include "primitives/cmvm/minimum_registers.hpp"

namespace rtlgen {
namespace {

/// A node and its operands move together: whatever its timing asks of them stays as it is. The variables are the starts
/// of the nodes' streams, by node id, and behind them the starts of the event buffers.
class Retiming {
 public:
  Retiming(const Graph& graph, Schedule schedule) : graph_(graph), schedule_(std::move(schedule)) {
    problem_.variables = graph.size();
    for (Graph::NodeId id = 0; id < graph.size(); ++id) {
      if (graph.operands(id).empty() || id == graph.output()) {
        problem_.fixed.push_back({id, start_of(id)});
      }
    }
    add_values();
  }

  Schedule run() {
    const std::vector<int> times = minimum_register_times(problem_);
    for (Graph::NodeId id = 0; id < graph_.size(); ++id) {
      NodeSchedule& node = schedule_.nodes[id];
      const int later = times[id] - node.output.start.clock;
      node.output = node.output.moved(later);
      const std::vector<Graph::NodeId> operands = graph_.operands(id);
      for (std::size_t i = 0; i < operands.size(); ++i) {
        Alignment& alignment = node.alignments[i];
        const TimePoint made = made_at({operands[i], alignment.replay_start, node.operands[i].lanes});
        if (alignment.replay_start) {
          alignment.replay_start = times[made.variable];
        }
        node.operands[i] = node.operands[i].moved(later);
        alignment.delay = node.operands[i].start.clock - (times[made.variable] + made.offset);
      }
    }
    return std::move(schedule_);
  }

 private:
  int start_of(Graph::NodeId id) const { return schedule_.nodes[id].output.start.clock; }

  /// What waits: each tensor, as it comes and behind each of its event buffers.
  void add_values() {
    std::map<Reading, std::vector<TimePoint>> reads;
    for (Graph::NodeId id = 0; id < graph_.size(); ++id) {
      const NodeSchedule& node = schedule_.nodes[id];
      const std::vector<Graph::NodeId> operands = graph_.operands(id);
      for (std::size_t i = 0; i < operands.size(); ++i) {
        const Stream& operand = node.operands[i];
        const TimePoint read{id, operand.start.clock - start_of(id)};
        reads[{operands[i], node.alignments[i].replay_start, operand.lanes}].push_back(read);
        if (!node.alignments[i].replay_start && schedule_.nodes[operands[i]].output.start.ps > operand.start.ps) {
          // It is taken nearer to a register than it is made: in a later clock.
          problem_.constraints.push_back({operands[i], id, 1 - read.offset});
        }
      }
    }
    reads[{graph_.output(), std::nullopt, schedule_.output.lanes}].push_back({graph_.output(), schedule_.output_delay});
    for (const auto& [reading, readers] : reads) {
      if (reading.replay_start) {
        add_buffer(reading);
      }
      const long bits = graph_.node(reading.node).type.beat_bits(reading.lanes);
      problem_.values.push_back({bits, made_at(reading), readers});
    }
  }

  /// The start of an event buffer keeps to its window, and is a tap of the input's last beat: it is not before that.
  void add_buffer(const Reading& reading) {
    const std::size_t start = problem_.variables++;
    starts_[reading] = start;
    const Stream& in = schedule_.nodes[reading.node].output;
    const StartWindow window = start_window(in, reading.lanes, schedule_.interval);
    problem_.constraints.push_back({reading.node, start, window.earliest - in.start.clock});
    problem_.constraints.push_back({start, reading.node, in.start.clock - window.latest});
    const Graph::NodeId input = graph_.inputs().front();
    problem_.constraints.push_back({input, start, -start_of(input)});
  }

  TimePoint made_at(const Reading& reading) const {
    return reading.replay_start ? TimePoint{starts_.at(reading), 1} : TimePoint{reading.node, 0};
  }

  const Graph& graph_;
  Schedule schedule_;
  RegisterProblem problem_;
  std::map<Reading, std::size_t> starts_;
};

}  // namespace

Schedule retime_schedule(const Graph& graph, Schedule schedule) { return Retiming(graph, std::move(schedule)).run(); }

}  // namespace rtlgen
