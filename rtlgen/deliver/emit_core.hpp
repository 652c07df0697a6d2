// The Verilog of a whole core.
#pragma once

#include <map>
#include <string>

#include "ir/graph.hpp"
#include "rtlgen/deliver/build_core.hpp"
#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

/// All Verilog of a core by module name: used library modules, generated modules, and the top, which is named after the
/// graph.
std::map<std::string, std::string> emit_core(const CoreNetlist& core);
std::map<std::string, std::string> emit_core(const Graph& graph, const Schedule& schedule);

}  // namespace rtlgen
