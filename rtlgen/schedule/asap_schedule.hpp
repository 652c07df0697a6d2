// Every node as soon as its operands are there.
#pragma once

#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

/// As-soon-as-possible schedule: what every stream is counted from, where event buffers stand, and the core's latency.
/// Throws IrError where operands cannot be aligned.
Schedule asap_schedule(const Graph& graph);

}  // namespace rtlgen
