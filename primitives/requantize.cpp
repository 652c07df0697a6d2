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
