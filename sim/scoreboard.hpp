// Knows what the core owes, and compares.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "vectors.hpp"

namespace bench {

/// What is on the core's output wires in one clock.
struct OutputSample {
  bool reset = false;  ///< rst, beside them
  bool valid = false;
  bool first = false;
  bool last = false;
  Bits data;
};

/// Counts of a run. Every error is in exactly one of the three counters.
struct Result {
  long events = 0;           ///< events sent, the interrupted ones included
  long beats = 0;            ///< output beats seen
  long mismatches = 0;       ///< output beats with a wrong bit
  long latency_errors = 0;   ///< output beats (and, in a contiguous stream, events) in a wrong clock
  long protocol_errors = 0;  ///< missing or unexpected beats, misplaced first or last
  int latency_min = -1;      ///< from the first input beat to the last output beat, over complete events
  int latency_max = -1;
  int interval_min = -1;  ///< between the first output beats of consecutive events, if these come back-to-back
  long clocks = 0;

  bool good() const { return mismatches == 0 && latency_errors == 0 && protocol_errors == 0; }
};

/// What the core promises. Passed at run time: this file does not depend on the core, so that a compiler cache keeps
/// it.
struct Contract {
  int beats;             ///< input beats of an event
  int output_beats;      ///< output beats of an event
  bool token_timed;      ///< an output beat `offset` clocks after each input beat; else output beat i `offset` + i
  int offset;            ///< clocks after the event's last input beat
  int latency;           ///< from the first input beat to the last output beat, without gaps
  int interval;          ///< between events that come back-to-back
  int last_output_bits;  ///< bits of the last output beat below its spare lanes
};

/// The driver tells it the input beats, the monitor every clock's outputs. An input beat fixes the clock of each
/// output beat that depends on it; output beats are matched with these in order.
class Scoreboard {
 public:
  /// `contract`: what the core promises. `expected`: all output beats of all events, empty: only timing is checked.
  /// `contiguous`: events come back-to-back, so that latency and interval of each are known.
  Scoreboard(const Contract& contract, std::vector<Bits> expected, bool contiguous);

  /// Input beat `beat` of event `event` is on the wires in `clock`.
  void input_beat(long clock, long event, int beat);

  /// What is on the output wires in `clock`. To be called for each clock.
  void output(long clock, OutputSample sample);

  /// After the last clock: what has not come by now is missing.
  void finish(long clocks);

  const Result& result() const { return result_; }
  /// The output beats seen, spare lanes zero.
  const std::vector<Bits>& outputs() const { return outputs_; }

 private:
  struct Due {
    long event;
    int beat;
    long clock;        ///< in which it has to be on the wires
    long input_clock;  ///< of the input beat that it follows
    long start_clock;  ///< of the event's first input beat
  };

  void check(long clock, const OutputSample& sample, const Due& due);
  void measure(long clock, const Due& due);
  void drop_for_reset(long clock);
  void complain(long& counter, const std::string& message);

  Contract contract_;
  std::vector<Bits> expected_;
  bool contiguous_;
  bool started_ = false;  ///< the first reset has been seen; before it the registers are random
  long start_clock_ = 0;
  std::deque<Due> due_;
  long first_event_ = -1;  ///< event and clock of the last first output beat, for the interval
  long first_clock_ = 0;
  std::vector<Bits> outputs_;
  Result result_;
  int printed_ = 0;
};

}  // namespace bench
