// Proves a schedule from its streams alone.
#pragma once

#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

/// Throws std::logic_error, with the node's name, unless operands are what their producers, event buffers and delay
/// lines make of them, every unit has what it asks for, no event buffer is read before it is written or written before
/// it is read, event by event at the schedule's interval, and latency and interval are those of the streams. Knows
/// nothing of how schedules are found: buffers are gone through token by token.
void check_schedule(const Graph& graph, const Schedule& schedule);

}  // namespace rtlgen
