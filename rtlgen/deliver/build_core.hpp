// The netlist of a whole core.
#pragma once

#include <map>
#include <string>

#include "ir/graph.hpp"
#include "rtlgen/netlist/module.hpp"
#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

struct CoreNetlist {
  Module top;                             ///< named after the graph
  std::map<std::string, Module> modules;  ///< generated modules that it instantiates, by name
};

/// Cells of all nodes, of what aligns their operands, and of the control that goes with them.
CoreNetlist build_core(const Graph& graph, const Schedule& schedule);

}  // namespace rtlgen
