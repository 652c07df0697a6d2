// Where the last stage of a pipelined adder graph ends.
#pragma once

namespace rtlgen {

/// Adder levels until the register behind which a graph of `depth` levels ends, with `levels` between two (0: there are
/// none, so it ends where it ends), or `output_levels` before that if the graph leaves room for these.
inline int end_of_last_stage(int depth, int levels, int output_levels) {
  const int room = levels == 0 ? 0 : (levels - depth % levels) % levels;
  return depth + (output_levels <= room ? room - output_levels : room);
}

}  // namespace rtlgen
