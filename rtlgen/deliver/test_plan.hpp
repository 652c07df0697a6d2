// What a testbench sends to a core, clock by clock, and what has to come back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "ir/golden.hpp"
#include "rtlgen/deliver/core_signature.hpp"

namespace rtlgen {

/// One clock of the core's inputs, in binary digits; x is allowed.
struct Stimulus {
  bool reset = false;
  char valid = '0';
  char first = '0';
  std::string mask;
  std::string data;
};

/// What has to be on the core's outputs in one clock.
struct Expectation {
  bool matters = true;  ///< in a reset's first clock a beat that is due may come or not
  bool valid = false;
  bool first = false;
  bool last = false;
  std::string data;
};

/// All events back-to-back, then some with random gaps, then some interrupted by resets. Whatever the core must not
/// look at is random or unknown (x).
class TestPlan {
 public:
  /// `golden` is [events * output tokens, features]; `stress_events` are sent with gaps, and once more with resets.
  /// The signature must outlive the plan.
  TestPlan(const CoreSignature& signature, const IntegerEvents& events, const Mantissas& golden, unsigned seed,
           std::size_t stress_events);

  /// By clock; as many of each.
  const std::vector<Stimulus>& stimuli() const { return stimuli_; }
  const std::vector<Expectation>& expected() const { return expected_; }

  const CoreSignature& signature() const { return s_; }
  int input_bits() const { return s_.lanes * s_.features * s_.input.format.width; }
  /// Bits of in_mask or in_count; 0 where the core has neither.
  int mask_bits() const;
  int output_bits() const { return s_.output_lanes * s_.output_features * s_.output.width; }
  /// Output bits of the last beat that belong to tokens of the event.
  int last_output_bits() const;

 private:
  /// 0 to bound - 1.
  int below(int bound) { return static_cast<int>(random_() % static_cast<std::uint64_t>(bound)); }
  bool percent(int chance) { return below(100) < chance; }

  void send_all(int events);
  void send_with_gaps(int events);
  void send_with_resets(int events);
  void send(int event, int beats, int gap_percent);
  Stimulus stimulus(int event, int beat);
  void expect_from(std::size_t clock, int event, int beat);
  void expect(std::size_t clock, int event, int beat);
  void idle(int clocks);
  void idle_between_events() { idle(s_.interval_cycles - s_.beats); }
  void reset();
  Stimulus garbage(bool reset, char valid);
  void spoil_above(std::string& bits, int keep, bool may_be_unknown = true);

  const CoreSignature& s_;
  std::mt19937_64 random_;
  std::vector<Stimulus> inputs_;      ///< by event and beat
  std::vector<std::string> outputs_;  ///< by event and beat
  std::vector<Stimulus> stimuli_;
  std::vector<Expectation> expected_;
};

}  // namespace rtlgen
