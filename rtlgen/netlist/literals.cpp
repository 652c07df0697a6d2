#include "rtlgen/netlist/literals.hpp"

#include <fmt/format.h>

namespace rtlgen {

std::string verilog_number(std::int64_t value, int width) {
  return value < 0 ? fmt::format("-{}'sd{}", width, -value) : fmt::format("{}'sd{}", width, value);
}

std::string verilog_table(const std::vector<std::int64_t>& entries, int width) {
  const std::size_t bits = entries.size() * static_cast<std::size_t>(width);
  std::string digits((bits + 3) / 4, '0');
  for (std::size_t entry = 0; entry < entries.size(); ++entry) {
    for (int bit = 0; bit < width; ++bit) {
      if ((static_cast<std::uint64_t>(entries[entry]) >> bit & 1U) != 0) {
        const std::size_t position = entry * static_cast<std::size_t>(width) + static_cast<std::size_t>(bit);
        char& digit = digits[digits.size() - 1 - position / 4];
        const int value = (digit <= '9' ? digit - '0' : digit - 'a' + 10) | 1 << (position % 4);
        digit = "0123456789abcdef"[value];
      }
    }
  }
  return fmt::format("{}'h{}", bits, digits);
}

}  // namespace rtlgen
