#include "rtlgen/schedule/stream.hpp"

#include <algorithm>
#include <limits>

namespace rtlgen {

int Stream::at(int beat) const {
  // The input's beats come one a clock, its last in clock 0.
  return anchor == Anchor::beat ? start.clock - (beats() - 1 - beat) : start.clock + beat * period;
}

Stream Stream::delayed(int clocks) const {
  Stream stream = moved(clocks);
  stream.start.ps = clocks > 0 ? 0 : start.ps;
  return stream;
}

Stream Stream::moved(int clocks) const {
  Stream stream = *this;
  stream.start.clock += clocks;
  return stream;
}

bool Stream::operator==(const Stream& other) const {
  return tokens == other.tokens && lanes == other.lanes && period == other.period && anchor == other.anchor &&
         start == other.start;
}

StartWindow start_window(const Stream& in, int lanes, int interval) {
  StartWindow window{std::numeric_limits<int>::min(), std::numeric_limits<int>::max()};
  const int beats = (in.tokens + lanes - 1) / lanes;
  for (int beat = 0; beat < beats; ++beat) {
    const int first = beat * lanes / in.lanes;
    const int last = (std::min((beat + 1) * lanes, in.tokens) - 1) / in.lanes;
    window.earliest = std::max(window.earliest, in.at(last) + 1 - beat);
    window.latest = std::min(window.latest, in.at(first) + interval - beat);
  }
  return window;
}

Stream replayed(const Stream& in, int lanes, int start) { return {in.tokens, lanes, 1, Anchor::event, {start + 1, 0}}; }

}  // namespace rtlgen
