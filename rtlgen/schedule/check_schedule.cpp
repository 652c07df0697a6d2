#include "rtlgen/schedule/check_schedule.hpp"

#include <stdexcept>
#include <string>

namespace rtlgen {
namespace {

class Checker {
 public:
  Checker(const Graph& graph, const Schedule& schedule) : graph_(graph), schedule_(schedule) {}

  void run() {
    require(schedule_.nodes.size() == graph_.size(), "a node has no times");
    for (id_ = 0; id_ < graph_.size(); ++id_) {
      check_node();
    }
    id_ = graph_.output();
    require(
        schedule_.output_delay >= 0 && schedule_.output == schedule_.nodes[id_].output.delayed(schedule_.output_delay),
        "the core's output is another stream");
    require(schedule_.output.start.ps == 0, "the core's output does not come from registers");
    const int first_input = -(schedule_.input.beats() - 1);
    require(schedule_.latency == clock_of(schedule_.output, schedule_.output.beats() - 1) - first_input,
            "the latency is not that of the streams");
  }

 private:
  void require(bool condition, const std::string& what) const {
    if (!condition) {
      const std::string name = id_ < graph_.size() ? "node '" + graph_.node(id_).name + "': " : "";
      throw std::logic_error("schedule: " + name + what);
    }
  }

  /// After the event's last input beat, without gaps.
  static int clock_of(const Stream& stream, int beat) {
    const int from_last = stream.beats() - 1 - beat;
    return stream.anchor == Anchor::beat ? stream.start.clock - from_last : stream.start.clock + beat * stream.period;
  }

  void check_node() const {
    const Node& node = graph_.node(id_);
    const NodeSchedule& placed = schedule_.nodes[id_];
    const std::vector<Graph::NodeId> operands = graph_.operands(id_);
    require(placed.operands.size() == operands.size() && placed.alignments.size() == operands.size(),
            "an operand has no time");
    check_stream(placed.output, node.type);
    for (std::size_t i = 0; i < operands.size(); ++i) {
      check_stream(placed.operands[i], graph_.node(operands[i]).type);
      check_alignment(schedule_.nodes[operands[i]].output, placed.alignments[i], placed.operands[i]);
    }
    const Hardware hardware = hardware_of(graph_, schedule_, id_);
    const Timing timing = primitive_of(node).timing(view_of(graph_, id_), hardware);
    operands.empty() ? check_source(placed, timing) : check_unit(placed, timing, hardware);
  }

  void check_stream(const Stream& stream, const TensorType& type) const {
    require(stream.tokens == type.tokens && stream.lanes >= 1 && stream.period >= 1, "a stream has other tokens");
    require(stream.start.ps >= 0, "a stream comes before its register");
    require(stream.beats() * stream.period <= schedule_.interval, "a stream takes longer than the interval");
    require(stream.anchor == Anchor::event || (stream.beats() == schedule_.input.beats() && stream.period == 1),
            "a stream follows the input beat by beat, but has other beats");
  }

  void check_alignment(const Stream& made, const Alignment& alignment, const Stream& read) const {
    Stream stream = made;
    if (alignment.replay_start) {
      check_buffer(made, *alignment.replay_start, read.lanes);
      stream = {made.tokens, read.lanes, 1, Anchor::event, {*alignment.replay_start + 1, 0}};
    }
    require(alignment.delay >= 0, "a delay is negative");
    stream.start = {stream.start.clock + alignment.delay, alignment.delay > 0 ? 0 : stream.start.ps};
    require(stream.start.ps <= read.start.ps, "an operand is not there yet when it is taken");
    stream.start.ps = read.start.ps;
    require(stream == read, "an operand is not there when its producer and its delays say");
  }

  /// Every token of an event, and of the next one that follows at the interval.
  void check_buffer(const Stream& in, int start, int lanes) const {
    require(start >= 0, "an event buffer starts before the event's last beat");
    for (int token = 0; token < in.tokens; ++token) {
      const int written = clock_of(in, token / in.lanes);
      const int read = start + token / lanes;
      require(written < read, "an event buffer is read before it is written");
      require(read <= written + schedule_.interval, "an event buffer is written again before it is read");
    }
  }

  void check_source(const NodeSchedule& placed, const Timing& timing) const {
    require(placed.output.start.clock == timing.latency, "a source is not there at its latency");
    require(placed.output.lanes == schedule_.input.lanes && placed.output.beats() == schedule_.input.beats(),
            "a source has other beats than the event");
  }

  void check_unit(const NodeSchedule& placed, const Timing& timing, const Hardware& hardware) const {
    const Stream& leader = placed.operands.front();
    require(timing.ask(0) == Ask::beside, "its first operand must come beat by beat");
    require(leader.period >= timing.interval, "beats come faster than it takes them");
    require(timing.fits, "its first step is longer than what is left of its operands' clock");
    require(leader.start.ps <= hardware.device.budget, "its operands come later in a clock than it has");
    for (std::size_t i = 0; i < placed.operands.size(); ++i) {
      const Stream& operand = placed.operands[i];
      require(operand.tokens == 1 || operand.lanes == hardware.lanes, "an operand comes in other lanes than its own");
      if (timing.ask(i) == Ask::beside) {
        require(operand.anchor == leader.anchor && operand.start == leader.start && operand.period == leader.period &&
                    operand.beats() == leader.beats(),
                "operands do not come together");
      } else {
        require(leader.anchor == Anchor::event, "its first operand has gaps");
        const int last = clock_of(operand, operand.beats() - 1);
        require(clock_of(leader, 0) == last + 1, "its first operand does not follow the last beat of another");
        require(clock_of(leader, leader.beats() - 1) <= last + schedule_.interval,
                "its first operand is still coming when the next event has replaced another");
      }
    }
    const bool reduces = graph_.node(id_).type.tokens == 1 && leader.tokens > 1;
    const int from = reduces ? clock_of(leader, leader.beats() - 1) : leader.start.clock;
    require(placed.output.start.clock == from + timing.latency && placed.output.start.ps == timing.end,
            "its result is not there at its latency");
    require(reduces ? placed.output.anchor == Anchor::event
                    : placed.output.anchor == leader.anchor && placed.output.beats() == leader.beats() &&
                          placed.output.period == leader.period,
            "its result comes in other beats");
  }

  const Graph& graph_;
  const Schedule& schedule_;
  Graph::NodeId id_ = 0;
};

}  // namespace

void check_schedule(const Graph& graph, const Schedule& schedule) { Checker(graph, schedule).run(); }

}  // namespace rtlgen
