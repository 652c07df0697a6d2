// Plain integer arithmetic that the tests' own models of the operations are written in. Nothing here uses the code
// under test.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "ir/numerics/format.hpp"

namespace rtlgen::testing {

__extension__ using Wide = __int128;

/// Largest whole number not above a / b, for b > 0.
inline Wide floor_divide(Wide a, Wide b) {
  const Wide quotient = a / b;
  return quotient * b > a ? quotient - 1 : quotient;
}

inline Wide power_of_two(int exponent) { return Wide{1} << exponent; }

/// Whether a number between two mantissas goes to the upper one: `side` is -1 nearer to the lower one, 1 nearer to the
/// upper one, 0 in the middle; `odd` is the lower one.
inline bool rounds_to_upper(Rounding rounding, int side, bool negative, bool odd) {
  static const std::map<Rounding, std::string> kDirected = {
      {Rounding::trn, "down"}, {Rounding::ceil, "up"}, {Rounding::trn_zero, "zero"}, {Rounding::away, "away"}};
  static const std::map<Rounding, std::string> kTies = {{Rounding::rnd, "up"},
                                                        {Rounding::rnd_conv, "even"},
                                                        {Rounding::rnd_zero, "zero"},
                                                        {Rounding::rnd_inf, "away"},
                                                        {Rounding::rnd_min_inf, "down"}};
  const auto directed = kDirected.find(rounding);
  if (directed == kDirected.end() && side != 0) {
    return side > 0;
  }
  const std::string& where = directed == kDirected.end() ? kTies.at(rounding) : directed->second;
  return where == "up" || (where == "zero" && negative) || (where == "away" && !negative) || (where == "even" && odd);
}

/// x * 2^-frac in the quantizer's format, by its definition.
inline std::int64_t to_format(Wide x, int frac, const Quantizer& quantizer) {
  const int shift = frac - (quantizer.format.width - quantizer.format.integer);
  Wide rounded = x;
  if (shift <= 0) {
    rounded = x * power_of_two(-shift);
  } else {
    const Wide step = power_of_two(shift);
    rounded = floor_divide(x, step);
    const Wide twice_dropped = 2 * (x - rounded * step);
    if (x != rounded * step) {
      rounded += rounds_to_upper(quantizer.rounding, twice_dropped < step ? -1 : (twice_dropped > step ? 1 : 0), x < 0,
                                 rounded % 2 != 0)
                     ? 1
                     : 0;
    }
  }
  const int width = quantizer.format.width;
  if (quantizer.overflow == Overflow::wrap) {
    const Wide modulus = power_of_two(width);
    Wide kept = rounded - floor_divide(rounded, modulus) * modulus;
    if (quantizer.format.is_signed && kept >= modulus / 2) {
      kept -= modulus;
    }
    return static_cast<std::int64_t>(kept);
  }
  const Wide highest = power_of_two(quantizer.format.is_signed ? width - 1 : width) - 1;
  Wide lowest = 0;
  if (quantizer.format.is_signed) {
    lowest = quantizer.overflow == Overflow::sat_sym ? -highest : -highest - 1;
  }
  return static_cast<std::int64_t>(rounded < lowest ? lowest : (rounded > highest ? highest : rounded));
}

/// 2^(x * 2^-frac_bits - bias) from a table of one octave: the whole part shifts.
template <typename Table>
std::int64_t table_exp2(const Table& table, Wide x, int bias, int width) {
  const auto entries = static_cast<Wide>(table.size());
  const Wide whole = floor_divide(x, entries);
  const Wide shift = bias - whole;
  return shift >= width ? 0 : table[static_cast<std::size_t>(x - whole * entries)] >> static_cast<int>(shift);
}

/// 1 / x from a table over [1, 2): x has `width` bits, at most `most_zeros` leading zeros are made up for.
template <typename Table>
std::int64_t table_reciprocal(const Table& table, Wide x, int width, int most_zeros) {
  int zeros = 0;
  while (zeros < most_zeros && x < power_of_two(width - 1)) {
    x *= 2;
    ++zeros;
  }
  const Wide top = power_of_two(width - 1);
  const Wide fraction = x >= top ? x - top : x;  // below the top bit
  const Wide index = fraction * static_cast<Wide>(table.size()) / top;
  return table[static_cast<std::size_t>(index)] << zeros;
}

/// Bits that number n different things.
inline int bits_for(std::int64_t n) {
  int bits = 0;
  while ((std::int64_t{1} << bits) < n) {
    ++bits;
  }
  return bits;
}

}  // namespace rtlgen::testing
