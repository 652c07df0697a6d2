// Fixed-point formats and their modes. C++11 without dependencies: emulators of cores are made of it.
#pragma once

#include <cstdint>

namespace rtlgen {

/// A fixed-point format as in AMD's ap_fixed<W, I>: `width` bits, of which `integer` stand before the binary point (the
/// sign bit counts as one of them; `integer` may be negative or exceed `width`). The value of a mantissa m is m *
/// 2^-frac().
struct Format {
  bool is_signed = true;
  int width = 16;
  int integer = 6;

  /// Bits after the binary point (may be negative).
  int frac() const { return width - integer; }
  /// Smallest and largest mantissa.
  std::int64_t min() const { return is_signed ? -(std::int64_t{1} << (width - 1)) : 0; }
  std::int64_t max() const { return is_signed ? (std::int64_t{1} << (width - 1)) - 1 : (std::int64_t{1} << width) - 1; }

  bool operator==(const Format& other) const {
    return is_signed == other.is_signed && width == other.width && integer == other.integer;
  }
};

/// How dropped bits are rounded. The names are those of ap_fixed where it has the mode; the numbers are those of the
/// RTL parameter ROUNDING.
enum class Rounding {
  trn = 0,          ///< down
  rnd = 1,          ///< to the nearest, halves up
  rnd_conv = 2,     ///< to the nearest, halves to even
  ceil = 3,         ///< up
  trn_zero = 4,     ///< towards zero
  away = 5,         ///< away from zero
  rnd_zero = 6,     ///< to the nearest, halves towards zero
  rnd_inf = 7,      ///< to the nearest, halves away from zero
  rnd_min_inf = 8,  ///< to the nearest, halves down
};
/// What happens outside the range: low bits kept, clamped, clamped symmetrically. The numbers are those of the RTL
/// parameter OVERFLOW.
enum class Overflow { wrap = 0, sat = 1, sat_sym = 2 };

/// A format with its rounding and overflow modes: how an exact value becomes a mantissa of `format`.
struct Quantizer {
  Format format;
  Rounding rounding = Rounding::rnd;
  Overflow overflow = Overflow::sat;

  /// Smallest mantissa that can come out (sat_sym excludes the most negative one).
  std::int64_t lowest() const {
    return overflow == Overflow::sat_sym && format.is_signed ? -format.max() : format.min();
  }

  bool operator==(const Quantizer& other) const {
    return format == other.format && rounding == other.rounding && overflow == other.overflow;
  }
};

}  // namespace rtlgen
