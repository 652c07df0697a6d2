// Numbers as Verilog writes them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rtlgen {

/// A sized decimal literal of a signed or unsigned number.
std::string verilog_number(std::int64_t value, int width);
/// A flat literal of unsigned or two's complement entries, entry 0 in the low bits, in hexadecimal.
std::string verilog_table(const std::vector<std::int64_t>& entries, int width);

}  // namespace rtlgen
