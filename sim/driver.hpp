// Sends the events to the core.
#pragma once

#include <systemc>
#include <vector>

#include "scoreboard.hpp"
#include "vectors.hpp"
#include "wires.hpp"

namespace bench {

/// How events are sent.
enum class Mode {
  kStream,  ///< all back-to-back
  kGaps,    ///< with random gaps between beats and between events, and runs of events without
  kReset,   ///< as gaps; again and again a reset, in the middle of an event or while the core still works
};

/// Drives the core's inputs. Whatever the core must not look at is random: everything while in_valid is low, beats
/// during a reset, spare lanes of the last beat, in_count after an event's first beat.
class Driver : public sc_core::sc_module {
 public:
  sc_core::sc_in<bool> clk;
  sc_core::sc_out<bool> rst;
  sc_core::sc_out<bool> in_valid;
  sc_core::sc_out<bool> in_first;
  sc_core::sc_out<DataIn> in_data;
  sc_core::sc_out<MaskIn> in_mask;  ///< in_count or in_mask

  /// `inputs`: core::kBeats beats for each event.
  Driver(const sc_core::sc_module_name& name, const std::vector<InputBeat>& inputs, Mode mode, Random& random,
         Scoreboard& scoreboard)
      : sc_module(name),
        inputs_(inputs),
        events_(static_cast<long>(inputs.size()) / core::kBeats),
        mode_(mode),
        random_(random),
        scoreboard_(scoreboard) {
    SC_HAS_PROCESS(Driver);
    SC_THREAD(run);
    sensitive << clk.pos();
  }

 private:
  // Each of the functions below ends at the rising edge at which the next beat can be put on the wires.

  void run() {
    wait();
    reset();
    for (long event = 0; event < events_; ++event) {
      if (mode_ != Mode::kStream && below(4) == 0) choose_gaps();
      idle(event_gap());
      if (mode_ == Mode::kReset && below(4) == 0) {
        // Cut this event short, at times before its first beat or after its last one, and do not repeat it.
        send_event(event, below(core::kBeats + 1));
        if (below(2) == 0) idle(below(core::kLatency + core::kBeats));
        reset();
      } else {
        send_event(event, core::kBeats);
        idle(core::kInterval - core::kBeats);
      }
    }
    idle(core::kLatency + 100);
    sc_core::sc_stop();
  }

  void send_event(long event, int beats) {
    for (int beat = 0; beat < beats; ++beat) {
      if (beat > 0) idle(beat_gap());
      InputBeat input = inputs_[static_cast<std::size_t>(event * core::kBeats + beat)];
      if (beat == core::kBeats - 1) {
        input.data.randomize_from(kLastInputBits, random_);
        if (core::kMask == 2) input.mask.clear_from(core::kTokens - beat * core::kLanes);
      }
      if (core::kMask == 1 && beat > 0) input.mask.randomize_from(0, random_);
      scoreboard_.input_beat(current_clock(), event, beat);
      put(true, beat == 0, input);
      wait();
    }
  }

  void idle(int clocks) {
    for (int i = 0; i < clocks; ++i) {
      put_garbage(false);
      wait();
    }
  }

  void reset() {
    rst.write(true);
    for (int i = 1 + below(3); i > 0; --i) {
      put_garbage(below(2) == 0);
      wait();
    }
    rst.write(false);
  }

  void put_garbage(bool valid) {
    InputBeat input{Bits(kInputBits), Bits(kMaskBits)};
    input.data.randomize_from(0, random_);
    input.mask.randomize_from(0, random_);
    put(valid, below(2) == 0, input);
  }

  void put(bool valid, bool first, const InputBeat& input) {
    DataIn data;
    MaskIn mask;
    assign(data, input.data);
    assign(mask, input.mask);
    in_valid.write(valid);
    in_first.write(first);
    in_data.write(data);
    in_mask.write(mask);
  }

  // Gaps, in percent of the places where one could be. A style holds for some events; one of four has none at all.
  void choose_gaps() {
    event_gap_percent_ = below(4) * 33;
    beat_gap_percent_ = event_gap_percent_ == 0 ? 0 : below(4) * 25;
  }

  int event_gap() {
    if (below(100) >= event_gap_percent_) return 0;
    // Mostly short; at times long enough for the core to run empty.
    return 1 + below(below(8) == 0 ? core::kLatency + 8 : 2 * core::kBeats + 2);
  }

  int beat_gap() { return below(100) < beat_gap_percent_ ? 1 + below(below(4) == 0 ? 8 : 2) : 0; }

  int below(int bound) { return random_below(random_, bound); }

  const std::vector<InputBeat>& inputs_;
  long events_;
  Mode mode_;
  Random& random_;
  Scoreboard& scoreboard_;
  int event_gap_percent_ = 0;
  int beat_gap_percent_ = 0;
};

}  // namespace bench
