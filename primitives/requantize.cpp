#include "primitives/requantize.hpp"

#include <algorithm>
#include <cmath>

#include "ir/numerics/batch_rounding.hpp"

namespace rtlgen {

void requantize(Mantissas& x, int frac, const Quantizer& quantizer, bool relu) {
  requantize_all(x.data(), static_cast<std::size_t>(x.size()), frac, quantizer, relu);
}

TensorType requantized_type(const TensorType& exact, const Quantizer& quantizer, bool relu) {
  TensorType type = quantized_type(exact.tokens, exact.features, quantizer);
  for (std::size_t f = 0; f < exact.intervals.size(); ++f) {
    type.intervals[f] = requantize(exact.intervals[f], exact.frac, quantizer, relu);
  }
  return type;
}

int requantize_levels(int frac, const Quantizer& quantizer) {
  const bool rounds = frac > quantizer.format.frac() && quantizer.rounding != Rounding::trn;
  return (rounds ? 1 : 0) + (quantizer.overflow == Overflow::wrap ? 0 : 1);
}

int unread_bits(int frac, const Quantizer& quantizer) {
  const int dropped = std::max(0, frac - quantizer.format.frac());
  switch (quantizer.rounding) {
    case Rounding::trn:
      return dropped;
    case Rounding::rnd:
      return std::max(0, dropped - 1);
    default:
      return 0;
  }
}

namespace {

/// LUTs that saturate to `width` bits, where `above` bits of the value tell whether it fits.
double saturation_luts(int width, int above, const Quantizer& quantizer, bool rounds) {
  if (quantizer.overflow == Overflow::sat_sym) {
    return width + 3.0;  // a LUT a bit, and those that find the lowest number
  }
  if (above <= 1) {
    return 0;
  }
  if (!quantizer.format.is_signed) {
    return width + 1.0;
  }
  // A bit and up to five above it fit into a LUT. Beyond, the upper ones come late from the carry chain of the
  // rounding, and two LUTs and a multiplexer F7 are faster than two levels.
  return above <= 5 ? width : (rounds ? 2.0 * width : width + 1.0);
}

}  // namespace

Cost requantize_cost(int input_width, int frac, const Quantizer& quantizer, bool relu) {
  const bool rounds = frac > quantizer.format.frac() && quantizer.rounding != Rounding::trn;
  const int kept = std::max(1, input_width - (frac - quantizer.format.frac()));
  const int width = quantizer.format.width;
  Cost cost;
  // An adder of a carry alone is a carry chain on the number itself, and takes LUTs only where these make the number.
  cost.lut += rounds && relu ? kept : 0;
  cost.lut += rounds && quantizer.rounding != Rounding::rnd ? 1 : 0;
  if (quantizer.overflow != Overflow::wrap) {
    const int above = kept + (rounds ? 1 : 0) - width + (quantizer.format.is_signed ? 1 : 0);
    cost.lut += saturation_luts(width, above, quantizer, rounds);
  }
  return cost;
}

}  // namespace rtlgen
