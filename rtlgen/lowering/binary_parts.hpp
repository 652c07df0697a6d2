// Real numbers by their binary digits.
#pragma once

namespace rtlgen {

/// x = significand * 2^exponent with 1 <= |significand| < 2; for 0 both are 0.
struct BinaryParts {
  double significand = 0;
  int exponent = 0;
};
BinaryParts binary_parts(double x);

/// The least n with x * 2^n whole.
int fraction_bits(double x);

/// The odd part of x.
double odd_part(double x);

}  // namespace rtlgen
