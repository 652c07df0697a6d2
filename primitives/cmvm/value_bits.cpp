#include "primitives/cmvm/value_bits.hpp"

#include <algorithm>
#include <cstdint>

namespace rtlgen {
namespace {

int bit_length(std::int64_t value) {
  int bits = 0;
  for (; value != 0; value >>= 1) {
    ++bits;
  }
  return bits;
}

}  // namespace

int value_bits(const Interval& interval) {
  const bool crosses_zero = interval.lo < 0 && interval.hi >= 0;
  return crosses_zero ? signed_width(interval) : bit_length(interval.lo ^ interval.hi);
}

int carried_bits(const Interval& interval) {
  return interval.lo < 0 ? signed_width(interval) : std::max(1, bit_length(interval.hi));
}

bool constant_bit(const Interval& interval, int index) { return (interval.lo >> std::min(index, 63) & 1) != 0; }

std::string constant_bits(const Interval& interval, int first, int count) {
  std::string text = std::to_string(count) + "'b";
  for (int index = first + count - 1; index >= first; --index) {
    text += constant_bit(interval, index) ? '1' : '0';
  }
  return text;
}

}  // namespace rtlgen
