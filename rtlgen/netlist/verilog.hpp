// Modules and cells as Verilog-2005.
#pragma once

#include <string>

#include "rtlgen/netlist/module.hpp"

namespace rtlgen {

/// The whole file of a module.
std::string to_verilog(const Module& module);

/// What stands inside a module, each line indented by two spaces; an instance takes a line for each parameter and port.
std::string to_verilog(const Body& body);

}  // namespace rtlgen
