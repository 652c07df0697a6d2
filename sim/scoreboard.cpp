#include "scoreboard.hpp"

#include <algorithm>
#include <iostream>
#include <utility>

namespace bench {
namespace {

constexpr int kMessages = 10;

std::string place(long event, int beat) {
  return "event " + std::to_string(event) + ", output beat " + std::to_string(beat);
}

std::string at(long clock) { return "clock " + std::to_string(clock) + ": "; }

}  // namespace

Scoreboard::Scoreboard(const Contract& contract, std::vector<Bits> expected, bool contiguous)
    : contract_(contract), expected_(std::move(expected)), contiguous_(contiguous) {
  const auto step = static_cast<std::size_t>(contract_.output_beats);
  for (std::size_t i = step - 1; i < expected_.size(); i += step) {
    expected_[i].clear_from(contract_.last_output_bits);
  }
}

void Scoreboard::input_beat(long clock, long event, int beat) {
  if (beat == 0) {
    start_clock_ = clock;
    ++result_.events;
  }
  if (contract_.token_timed) {
    due_.push_back({event, beat, clock + contract_.offset, clock, start_clock_});
  } else if (beat == contract_.beats - 1) {
    for (int i = 0; i < contract_.output_beats; ++i) {
      due_.push_back({event, i, clock + contract_.offset + i, clock, start_clock_});
    }
  }
}

void Scoreboard::output(long clock, OutputSample sample) {
  if (sample.valid && started_) {
    if (sample.last) sample.data.clear_from(contract_.last_output_bits);
    outputs_.push_back(sample.data);
    ++result_.beats;

    // A new event begins where a late beat was due: the beats in between are lost. Go on with the new event.
    const auto is_first = [](const Due& due) { return due.beat == 0; };
    const auto next = std::find_if(due_.begin(), due_.end(), is_first);
    if (sample.first && next != due_.begin() && next != due_.end() && next->clock <= clock) {
      for (; due_.front().beat != 0; due_.pop_front()) {
        complain(result_.protocol_errors, at(clock) + place(due_.front().event, due_.front().beat) + " is missing");
      }
    }
    const bool out_of_turn = !due_.empty() && due_.front().clock > clock && sample.first != is_first(due_.front());
    if (due_.empty() || out_of_turn) {
      complain(result_.protocol_errors, at(clock) + "unexpected output beat " + sample.data.to_hex());
    } else {
      const Due due = due_.front();
      due_.pop_front();
      check(clock, sample, due);
      measure(clock, due);
    }
  }
  if (sample.reset) {
    drop_for_reset(clock);
    started_ = true;
  }
}

void Scoreboard::check(long clock, const OutputSample& sample, const Due& due) {
  const std::string where = at(clock) + place(due.event, due.beat);
  if (clock != due.clock) {
    complain(result_.latency_errors, where + " was due in clock " + std::to_string(due.clock));
  }
  if (sample.first != (due.beat == 0)) {
    complain(result_.protocol_errors, where + (sample.first ? ": out_first is set" : ": out_first is not set"));
  }
  if (sample.last != (due.beat == contract_.output_beats - 1)) {
    complain(result_.protocol_errors, where + (sample.last ? ": out_last is set" : ": out_last is not set"));
  }
  if (expected_.empty()) return;
  Bits got = sample.data;
  if (due.beat == contract_.output_beats - 1) got.clear_from(contract_.last_output_bits);
  const Bits& expected = expected_[static_cast<std::size_t>(due.event * contract_.output_beats + due.beat)];
  if (!(got == expected)) {
    complain(result_.mismatches, where + ": expected " + expected.to_hex() + ", got " + got.to_hex());
  }
}

void Scoreboard::measure(long clock, const Due& due) {
  if (due.beat == 0) {
    if (contiguous_ && first_event_ >= 0 && first_event_ == due.event - 1) {
      const int interval = static_cast<int>(clock - first_clock_);
      result_.interval_min = result_.interval_min < 0 ? interval : std::min(result_.interval_min, interval);
    }
    first_event_ = due.event;
    first_clock_ = clock;
  }
  if (due.beat == contract_.output_beats - 1) {
    const int latency = static_cast<int>(clock - due.start_clock);
    result_.latency_min = result_.latency_min < 0 ? latency : std::min(result_.latency_min, latency);
    result_.latency_max = std::max(result_.latency_max, latency);
    if (contiguous_ && latency != contract_.latency) {
      complain(result_.latency_errors, at(clock) + "event " + std::to_string(due.event) + " took " +
                                           std::to_string(latency) + " clocks, the latency is " +
                                           std::to_string(contract_.latency));
    }
  }
}

// rst was on the wires in `clock`: from the next clock on nothing of earlier inputs may come out. In this very
// clock a beat that was due may appear or not.
void Scoreboard::drop_for_reset(long clock) {
  while (!due_.empty() && due_.front().input_clock <= clock) {
    if (due_.front().clock < clock) {
      complain(result_.protocol_errors, at(clock) + place(due_.front().event, due_.front().beat) + ", due in clock " +
                                            std::to_string(due_.front().clock) + ", is missing before the reset");
    }
    due_.pop_front();
  }
}

void Scoreboard::finish(long clocks) {
  for (const Due& due : due_) {
    complain(result_.protocol_errors,
             "end: " + place(due.event, due.beat) + ", due in clock " + std::to_string(due.clock) + ", is missing");
  }
  due_.clear();
  if (contiguous_ && result_.interval_min >= 0 && result_.interval_min != contract_.interval) {
    complain(result_.latency_errors, "end: events came out every " + std::to_string(result_.interval_min) +
                                         " clocks, the interval is " + std::to_string(contract_.interval));
  }
  result_.clocks = clocks;
}

void Scoreboard::complain(long& counter, const std::string& message) {
  ++counter;
  if (printed_ < kMessages) {
    std::cerr << message << '\n';
  } else if (printed_ == kMessages) {
    std::cerr << "(further messages left out)\n";
  }
  ++printed_;
}

}  // namespace bench
