// What a core may be called.
#pragma once

#include <string>
#include <vector>

namespace rtlgen {

/// Whether `name` is a plain identifier of Verilog: letters, digits, underscores; no digit first; at most 64
/// characters.
bool is_verilog_identifier(const std::string& name);

/// What `name` is already where a core cannot have it: a keyword of the languages that cores are used from, a port, a
/// module of rtl_lib, a name of SystemC. Empty: nothing.
std::string reserved_as(const std::string& name);

/// All such names, but for those of SystemC, which begin with `sc_`.
std::vector<std::string> reserved_names();

}  // namespace rtlgen
