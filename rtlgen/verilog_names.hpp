// What may be a Verilog identifier.
#pragma once

#include <string>

namespace rtlgen {

/// Whether `name` is a keyword of Verilog-2005.
bool is_verilog_keyword(const std::string& name);

/// Whether `name` is a plain identifier (letters, digits, underscores; no digit first; at most 64 characters) and no
/// keyword.
bool is_verilog_identifier(const std::string& name);

}  // namespace rtlgen
