// The outside of a core.
#pragma once

#include "ir/graph.hpp"
#include "rtlgen/netlist/module.hpp"
#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

/// The top module with its header, its ports and the constants that say how it is timed, and nothing else.
Module core_frame(const Graph& graph, const Schedule& schedule);

}  // namespace rtlgen
