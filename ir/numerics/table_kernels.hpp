// What literal tables are looked up for: any function, powers of two, reciprocals, roots. C++11 without dependencies.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rtlgen {

/// The entry at `code` of a table of `size` entries, a power of two: the low bits of its two's complement are the
/// address.
inline std::int64_t table_entry(const std::int64_t* table, std::size_t size, std::int64_t code) {
  return table[static_cast<std::size_t>(code) & (size - 1)];
}

/// The address that a code's highest bits and, below them, its `low` lowest make, the `dropped` bits between left out.
inline std::int64_t address_of_ends(std::int64_t code, int low, int dropped) {
  return (code >> (low + dropped)) * (std::int64_t{1} << low) + (code & ((std::int64_t{1} << low) - 1));
}

/// The index of the first largest of `count` numbers. RTL: argmax.
template <typename T>
int first_largest(const T* x, int count) {
  int best = 0;
  for (int i = 1; i < count; ++i) {
    best = x[i] > x[best] ? i : best;
  }
  return best;
}

/// How many of `count` thresholds, which do not fall, x has reached. RTL: step_table.
inline std::size_t thresholds_reached(const std::int64_t* thresholds, std::size_t count, std::int64_t x) {
  std::size_t reached = 0;
  while (count > 0) {  // of those behind `reached`, some of which are still to be looked at
    const std::size_t half = count / 2;
    if (thresholds[reached + half] <= x) {
      reached += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return reached;
}

/// 2^(x - bias) with width - 1 fraction bits, rounded down, of x with `frac` fraction bits: table[fraction] >> (bias -
/// floor), of a table of 2^frac entries of `width` bits. bias is at least floor(x). RTL: masked_exp2.
inline std::int64_t exp2_by_table(const std::int64_t* table, int frac, int width, std::int64_t x, int bias) {
  const std::int64_t whole = x >> frac;
  const std::int64_t shift = bias - whole;
  return shift >= width ? 0 : table[static_cast<std::size_t>(x - whole * (std::int64_t{1} << frac))] >> shift;
}

/// Leading zeros of x in `width` bits, at most `most`.
inline int leading_zeros(std::int64_t x, int width, int most) {
  int zeros = 0;
  while (zeros < most && (x >> (width - 1 - zeros) & 1) == 0) {
    ++zeros;
  }
  return zeros;
}

/// r with 1/x = r * 2^-(entry bits + width - 1), of x of `width` bits whose at most `most_zeros` leading zeros are
/// normalised away: an entry of a table of 2^index of them. RTL: reciprocal.
inline std::int64_t reciprocal_by_table(const std::int64_t* table, int index, int most_zeros, std::int64_t x,
                                        int width) {
  const int zeros = leading_zeros(x, width, most_zeros);
  const std::int64_t below_top = (x << zeros) & ((std::int64_t{1} << (width - 1)) - 1);
  const int drop = width - 1 - index;
  return table[static_cast<std::size_t>(drop >= 0 ? below_top >> drop : below_top << -drop)] << zeros;
}

/// Half the leading zeros of `variance` in `width` bits (an even number), rounded down, at most width / 2 - 1. RTL:
/// normalize.
inline int even_shift(std::int64_t variance, int width) {
  int shift = 0;
  while (shift < width / 2 - 1 && variance >> (width - 2 - 2 * shift) == 0) {
    ++shift;
  }
  return shift;
}

}  // namespace rtlgen
