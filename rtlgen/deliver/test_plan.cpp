#include "rtlgen/deliver/test_plan.hpp"

#include <algorithm>

#include "rtlgen/deliver/test_vectors.hpp"

namespace rtlgen {
namespace {

constexpr int kGapPercent = 30;  // chance of a gap before a beat
constexpr int kLongestGap = 4;

/// The low `width` bits of a hexadecimal number as binary digits.
std::string to_binary(const std::string& hex, int width) {
  std::string bits;
  for (const char c : hex) {
    const auto digit = static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    for (int bit = 3; bit >= 0; --bit) {
      bits += (digit >> bit & 1U) != 0 ? '1' : '0';
    }
  }
  return bits.substr(bits.size() - static_cast<std::size_t>(width));
}

}  // namespace

TestPlan::TestPlan(const CoreSignature& signature, const IntegerEvents& events, const Mantissas& golden, unsigned seed,
                   std::size_t stress_events)
    : s_(signature), random_(seed) {
  for (const InputBeat& beat : input_beats(s_, events)) {
    inputs_.push_back({false, '1', '0', mask_bits() > 0 ? to_binary(beat.mask, mask_bits()) : "",
                       to_binary(beat.data, input_bits())});
  }
  for (const std::string& beat : output_beats(s_, golden)) {
    outputs_.push_back(to_binary(beat, output_bits()));
  }
  const int all = static_cast<int>(events.count);
  const int some = std::min(all, static_cast<int>(stress_events));
  reset();
  send_all(all);
  send_with_gaps(some);
  send_with_resets(some);
  idle(s_.latency_cycles + 8);
  expected_.resize(stimuli_.size());
}

int TestPlan::mask_bits() const {
  return s_.mask == MaskKind::count ? s_.count_width : (s_.mask == MaskKind::valid ? s_.lanes : 0);
}

int TestPlan::last_output_bits() const {
  const int tokens = s_.output_tokens - (s_.output_beats - 1) * s_.output_lanes;
  return std::min(tokens, s_.output_lanes) * s_.output_features * s_.output.width;
}

void TestPlan::send_all(int events) {
  for (int event = 0; event < events; ++event) {
    send(event, s_.beats, 0);
    idle_between_events();
  }
  idle(below(2 * s_.beats + 1));
}

void TestPlan::send_with_gaps(int events) {
  for (int event = 0; event < events; ++event) {
    send(event, s_.beats, kGapPercent);
    idle_between_events();
    idle(percent(60) ? below(3 * s_.beats + 2) : 0);
  }
  idle(s_.latency_cycles + 1);  // or the first reset would take most of it away
}

void TestPlan::send_with_resets(int events) {
  for (int event = 0; event < events; ++event) {
    const bool interrupted = percent(50);
    send(event, interrupted ? below(s_.beats + 1) : s_.beats, percent(50) ? kGapPercent : 0);
    if (!interrupted) {
      idle_between_events();
      continue;
    }
    idle(percent(50) ? below(s_.latency_cycles + 1) : 0);
    reset();
  }
}

void TestPlan::send(int event, int beats, int gap_percent) {
  for (int beat = 0; beat < beats; ++beat) {
    idle(beat > 0 && percent(gap_percent) ? 1 + below(kLongestGap) : 0);
    const auto clock = stimuli_.size();
    stimuli_.push_back(stimulus(event, beat));
    expect_from(clock + static_cast<std::size_t>(s_.offset), event, beat);
  }
}

Stimulus TestPlan::stimulus(int event, int beat) {
  Stimulus stimulus = inputs_[static_cast<std::size_t>(event * s_.beats + beat)];
  stimulus.first = beat == 0 ? '1' : '0';
  const int lanes = std::min(s_.lanes, s_.tokens - beat * s_.lanes);
  // Spare lanes may meet weights of 0, and 0 times x is x: they take known values only.
  spoil_above(stimulus.data, lanes * s_.features * s_.input.format.width, false);
  if (s_.mask == MaskKind::valid) {
    spoil_above(stimulus.mask, lanes, false);
  } else if (s_.mask == MaskKind::count && beat > 0) {
    spoil_above(stimulus.mask, 0);
  }
  return stimulus;
}

/// What follows an input beat: its own output beat, or all of the event behind its last.
void TestPlan::expect_from(std::size_t clock, int event, int beat) {
  if (s_.token_timed) {
    expect(clock, event, beat);
  } else if (beat == s_.beats - 1) {
    for (int output = 0; output < s_.output_beats; ++output) {
      expect(clock + static_cast<std::size_t>(output), event, output);
    }
  }
}

void TestPlan::expect(std::size_t clock, int event, int beat) {
  if (expected_.size() <= clock) {
    expected_.resize(clock + 1);
  }
  expected_[clock] = {true, true, beat == 0, beat == s_.output_beats - 1,
                      outputs_[static_cast<std::size_t>(event * s_.output_beats + beat)]};
}

void TestPlan::idle(int clocks) {
  for (int i = 0; i < clocks; ++i) {
    stimuli_.push_back(garbage(false, '0'));
  }
}

/// Takes back all that has not come yet.
void TestPlan::reset() {
  const auto clock = stimuli_.size();
  for (int i = 1 + below(3); i > 0; --i) {
    stimuli_.push_back(garbage(true, percent(50) ? '1' : '0'));
  }
  expected_.resize(clock + 1);
  expected_[clock].matters = false;
}

Stimulus TestPlan::garbage(bool reset, char valid) {
  Stimulus stimulus{reset, valid, "01x"[below(3)], std::string(static_cast<std::size_t>(mask_bits()), '0'),
                    std::string(static_cast<std::size_t>(input_bits()), '0')};
  spoil_above(stimulus.data, 0);
  spoil_above(stimulus.mask, 0);
  return stimulus;
}

/// Makes all but the low `keep` bits random, or perhaps unknown.
void TestPlan::spoil_above(std::string& bits, int keep, bool may_be_unknown) {
  const bool unknown = may_be_unknown && percent(50);
  for (std::size_t i = 0; i + static_cast<std::size_t>(keep) < bits.size(); ++i) {
    bits[i] = unknown ? 'x' : (percent(50) ? '1' : '0');
  }
}

}  // namespace rtlgen
