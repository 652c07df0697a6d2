// What a core is expected to need, as Yosys counts it (rtlgen/deliver/synth.hpp).
#pragma once

#include "ir/graph.hpp"
#include "primitives/primitive.hpp"
#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

/// Estimated resources of all nodes, of what lies between them, and of the control. LUTs are those that store, too.
Cost estimate_resources(const Graph& graph, const Schedule& schedule);

}  // namespace rtlgen
