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

namespace {

bool rounds(int frac, const Quantizer& quantizer) {
  return frac > quantizer.format.frac() && quantizer.rounding != Rounding::trn;
}

/// Bits of a number of `input_width` bits that stay when it is rounded, with the carry.
int rounded_width(int input_width, int frac, const Quantizer& quantizer) {
  return std::max(1, input_width - (frac - quantizer.format.frac())) + (rounds(frac, quantizer) ? 1 : 0);
}

/// Bits that tell whether a rounded number fits.
int bits_above(int input_width, int frac, const Quantizer& quantizer) {
  const Format& format = quantizer.format;
  return rounded_width(input_width, frac, quantizer) - format.width + (format.is_signed ? 1 : 0);
}

}  // namespace

std::vector<Step> requantize_steps(const DeviceModel& device, int input_width, int frac, const Quantizer& quantizer,
                                   bool relu, long count) {
  const int rounded = rounded_width(input_width, frac, quantizer);
  const int above = bits_above(input_width, frac, quantizer);
  const bool fits = quantizer.overflow == Overflow::wrap ||
                    (quantizer.overflow == Overflow::sat && above <= 1 && quantizer.format.is_signed);
  Step rounding{0, count * std::max(1, input_width - unread_bits(frac, quantizer))};
  if (rounds(frac, quantizer)) {
    // Whether it is rounded up is seen from the bits below, and with relu from the sign, first.
    const bool is_plain = quantizer.rounding == Rounding::rnd && !relu;
    rounding.delay = device.adder(rounded) + (is_plain ? 0 : device.gate(frac - quantizer.format.frac() + 2));
  } else if (relu) {
    rounding.delay = device.luts(fits ? 1 : 0);
  }
  Step fitting{0, count * rounded};
  if (!fits) {
    // A LUT has room for five bits above a bit, but more than three are looked at once for all bits.
    fitting.delay = above <= 3 && quantizer.overflow != Overflow::sat_sym ? device.luts(1) : device.luts(2);
  }
  return {rounding, fitting};
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
  const bool carries = rounds(frac, quantizer);
  const int kept = std::max(1, input_width - (frac - quantizer.format.frac()));
  const int width = quantizer.format.width;
  Cost cost;
  // An adder of a carry alone is a carry chain on the number itself, and takes LUTs only where these make the number.
  cost.lut += carries && relu ? kept : 0;
  cost.lut += carries && quantizer.rounding != Rounding::rnd ? 1 : 0;
  if (quantizer.overflow != Overflow::wrap) {
    cost.lut += saturation_luts(width, bits_above(input_width, frac, quantizer), quantizer, carries);
  }
  return cost;
}

}  // namespace rtlgen
