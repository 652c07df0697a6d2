// When the beats of a tensor are on its wires.
#pragma once

#include "primitives/time.hpp"

namespace rtlgen {

/// What a stream is counted from. The beats of an event may enter with gaps; only a stream that is counted from the
/// input's beats has these too.
enum class Anchor {
  beat,   ///< beat i comes `start` after input beat i
  event,  ///< beat i comes `start` + i * `period` after the event's last input beat
};

/// The beats of one event: tokens come `lanes` at a time.
struct Stream {
  int tokens = 1;
  int lanes = 1;
  int period = 1;  ///< clocks between beats
  Anchor anchor = Anchor::event;
  Time start;

  int beats() const { return (tokens + lanes - 1) / lanes; }
  /// The clock of a beat after the event's last input beat, where the input has no gaps.
  int at(int beat) const;
  /// The clock of the last one, with gaps or without.
  int last() const { return at(beats() - 1); }
  /// The same stream behind so many registers: on their wires where there is one.
  Stream delayed(int clocks) const;
  /// The same stream so many clocks later, as far behind a register as it is.
  Stream moved(int clocks) const;

  bool operator==(const Stream& other) const;
};

/// Clocks of an event buffer's start (docs/rtl.md) after the event's last input beat, first and last: every token of
/// `in` must be written before it is read in beats of `lanes`, and read before the next event, `interval` clocks
/// behind, writes it again.
struct StartWindow {
  int earliest = 0;
  int latest = 0;
};
StartWindow start_window(const Stream& in, int lanes, int interval);

/// What comes out of an event buffer that is started at `start`: beat i is there 1 + i clocks later.
Stream replayed(const Stream& in, int lanes, int start);

}  // namespace rtlgen
