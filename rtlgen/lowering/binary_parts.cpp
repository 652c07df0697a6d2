#include "rtlgen/lowering/binary_parts.hpp"

#include <cmath>

namespace rtlgen {

BinaryParts binary_parts(double x) {
  BinaryParts result;
  result.significand = 2 * std::frexp(x, &result.exponent);
  result.exponent -= x == 0 ? 0 : 1;
  return result;
}

int fraction_bits(double x) {
  BinaryParts parts = binary_parts(x);
  int bits = -parts.exponent;
  while (parts.significand != std::floor(parts.significand)) {
    parts.significand *= 2;
    ++bits;
  }
  return bits;
}

double odd_part(double x) { return x == 0 ? 0 : std::abs(std::ldexp(x, fraction_bits(x))); }

}  // namespace rtlgen
