#include "primitives/requantize.hpp"

#include <algorithm>
#include <cmath>

namespace rtlgen {

void requantize(Mantissas& x, int frac, const Quantizer& quantizer, bool relu) {
  const Format& format = quantizer.format;
  const double scale = std::ldexp(1.0, format.frac() - frac);
  const Rounding rounding = quantizer.format.frac() >= frac ? Rounding::trn : quantizer.rounding;
  double* const data = x.data();
  const Eigen::Index size = x.size();
  if (relu) {
    for (Eigen::Index i = 0; i < size; ++i) {
      data[i] = std::max(data[i], 0.0);
    }
  }
  // One simple loop per mode, so that the compiler turns each into vector instructions.
  switch (rounding) {
    case Rounding::trn:
      for (Eigen::Index i = 0; i < size; ++i) {
        data[i] = std::floor(data[i] * scale);
      }
      break;
    case Rounding::rnd:
      for (Eigen::Index i = 0; i < size; ++i) {
        data[i] = std::floor(data[i] * scale + 0.5);
      }
      break;
    case Rounding::rnd_conv:
      for (Eigen::Index i = 0; i < size; ++i) {
        data[i] = std::nearbyint(data[i] * scale);
      }
      break;
    default:
      for (Eigen::Index i = 0; i < size; ++i) {
        data[i] = round_real(data[i] * scale, rounding);
      }
      break;
  }
  if (quantizer.overflow == Overflow::wrap) {
    const double modulus = std::ldexp(1.0, format.width);
    const auto lowest = static_cast<double>(format.min());
    for (Eigen::Index i = 0; i < size; ++i) {
      data[i] -= modulus * std::floor((data[i] - lowest) / modulus);
    }
    return;
  }
  const auto lowest = static_cast<double>(quantizer.lowest());
  const auto highest = static_cast<double>(format.max());
  for (Eigen::Index i = 0; i < size; ++i) {
    data[i] = std::min(std::max(data[i], lowest), highest);
  }
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

Cost requantize_cost(int input_width, int frac, const Quantizer& quantizer) {
  const int kept = std::max(1, input_width - std::max(0, frac - quantizer.format.frac()));
  Cost cost;
  if (frac > quantizer.format.frac() && quantizer.rounding != Rounding::trn) {
    cost.lut += kept;
  }
  if (quantizer.overflow != Overflow::wrap && kept > quantizer.format.width) {
    cost.lut += quantizer.format.width + (kept - quantizer.format.width) / 3.0;
  }
  return cost;
}

}  // namespace rtlgen
