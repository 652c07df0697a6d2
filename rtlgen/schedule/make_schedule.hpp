// From a graph to its schedule.
#pragma once

#include "ir/graph.hpp"
#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

/// The schedule of the core: least latency, and of that the fewest bits in delay lines. Throws IrError where operands
/// cannot be aligned.
Schedule make_schedule(const Graph& graph);

}  // namespace rtlgen
