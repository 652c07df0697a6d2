// Moves nodes in time so that little waits in delay lines.
#pragma once

#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

/// A schedule with the streams, event buffers, latency and interval of `schedule` and the fewest bits in delay
/// lines; of several such schedules the one in which every node is as early as in any. Leiserson and Saxe, Retiming
/// synchronous circuitry, 1991, with whole nodes in the place of gates.
Schedule retime_schedule(const Graph& graph, Schedule schedule);

}  // namespace rtlgen
