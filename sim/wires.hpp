// Types of the core's wires, and the clock in which the testbench is.
#pragma once

#include <systemc>
#include <type_traits>

#include "core_config.hpp"
#include "vectors.hpp"

namespace bench {

constexpr int kInputBits = core::kLanes * core::kFeatures * core::kInputWidth;
constexpr int kOutputBits = core::kOutputLanes * core::kOutputFeatures * core::kOutputWidth;
/// Width of in_count or in_mask, 0 where the core has neither.
constexpr int kMaskBits = core::kMask == 1 ? core::kCountWidth : core::kMask == 2 ? core::kLanes : 0;

/// Bits of the last beat that belong to tokens of the event; those above are spare lanes.
constexpr int last_beat_bits(int beats, int lanes, int token_bits) {
  return (core::kTokens - (beats - 1) * lanes) * token_bits;
}
constexpr int kLastInputBits = last_beat_bits(core::kBeats, core::kLanes, core::kFeatures* core::kInputWidth);
constexpr int kLastOutputBits = core::kOutputLanes * core::kOutputBeats > core::kTokens
                                    ? last_beat_bits(core::kOutputBeats, core::kOutputLanes,
                                                     core::kOutputFeatures* core::kOutputWidth)
                                    : kOutputBits;

static_assert(core::kBeats == (core::kTokens + core::kLanes - 1) / core::kLanes, "beats do not fit tokens and lanes");
static_assert(core::kOutputBeats <= core::kBeats, "events would have to overlap at the output");
static_assert(!core::kTokenTimed || core::kOutputBeats == core::kBeats, "one output beat for each input beat");
static_assert(core::kLatency == core::kBeats - 1 + core::kOffset + (core::kTokenTimed ? 0 : core::kOutputBeats - 1),
              "latency and offset disagree");

/// Verilator's type of a wire: bool for one bit, sc_bv above.
template <int width>
using Wire = std::conditional_t<width == 1, bool, sc_dt::sc_bv<width>>;

using DataIn = Wire<kInputBits>;
using DataOut = Wire<kOutputBits>;
/// A plain bool that nothing reads where the core has no mask.
using MaskIn = Wire<(kMaskBits > 0 ? kMaskBits : 1)>;

inline void assign(bool& wire, const Bits& bits) { wire = bits.word_count() > 0 && bits.word(0) != 0; }

template <int width>
void assign(sc_dt::sc_bv<width>& wire, const Bits& bits) {
  for (int i = 0; i < bits.word_count(); ++i) wire.set_word(i, bits.word(i));
}

inline Bits to_bits(bool wire) {
  Bits bits(1);
  bits.set_word(0, wire ? 1 : 0);
  return bits;
}

template <int width>
Bits to_bits(const sc_dt::sc_bv<width>& wire) {
  Bits bits(width);
  for (int i = 0; i < bits.word_count(); ++i) bits.set_word(i, static_cast<std::uint32_t>(wire.get_word(i)));
  return bits;
}

inline sc_core::sc_time clock_period() { return {2, sc_core::SC_NS}; }

/// Number of the clock that has just begun. What is written now is on the wires in this clock; what is read at
/// its rising edge is what was on the wires in the clock before.
inline long current_clock() { return static_cast<long>(sc_core::sc_time_stamp() / clock_period()); }

}  // namespace bench
