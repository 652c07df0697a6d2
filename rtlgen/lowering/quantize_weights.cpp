#include "rtlgen/lowering/quantize_weights.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/numerics/rounding.hpp"
#include "rtlgen/model/calibrate.hpp"

namespace rtlgen {
namespace {

constexpr int kRowSpread = 6;  // a weight row may have this many fraction bits more than the coarsest

/// Most fraction bits with which `largest` fits a signed number of `bits` bits.
int finest_frac(double largest, int bits) {
  int frac = bits - integer_bits(largest);
  // integer_bits allows for the rounding of a value just below a power of two by one bit; try without.
  if (std::floor(std::ldexp(largest, frac + 1) + 0.5) <= static_cast<double>((std::int64_t{1} << (bits - 1)) - 1)) {
    ++frac;
  }
  return frac;
}

}  // namespace

Eigen::VectorXd QuantizedArray::reals() const {
  return Eigen::VectorXd::NullaryExpr(static_cast<Eigen::Index>(mantissas.size()), [this](Eigen::Index i) {
    return std::ldexp(static_cast<double>(mantissas[static_cast<std::size_t>(i)]), -frac);
  });
}

QuantizedArray quantize_weights(const RowMatrix& weight, const FormatSpec& spec) {
  QuantizedArray result;
  result.mantissas.reserve(static_cast<std::size_t>(weight.size()));
  if (!spec.automatic) {
    result.frac = spec.quantizer.format.frac();
    for (Eigen::Index i = 0; i < weight.size(); ++i) {
      result.mantissas.push_back(quantize_real(weight.data()[i], spec.quantizer));
    }
    return result;
  }
  std::vector<int> fracs;
  int coarsest = std::numeric_limits<int>::max();
  for (Eigen::Index row = 0; row < weight.rows(); ++row) {
    const double largest = weight.row(row).cwiseAbs().maxCoeff();
    fracs.push_back(largest > 0 ? finest_frac(largest, spec.bits) : std::numeric_limits<int>::max());
    coarsest = std::min(coarsest, fracs.back());
  }
  if (coarsest == std::numeric_limits<int>::max()) {  // nothing but zeros
    coarsest = 0;
  }
  for (int& frac : fracs) {
    frac = std::min(frac, coarsest + kRowSpread);
  }
  result.frac = *std::max_element(fracs.begin(), fracs.end());
  for (Eigen::Index row = 0; row < weight.rows(); ++row) {
    const int frac = fracs[static_cast<std::size_t>(row)];
    const Quantizer quantizer{Format{true, spec.bits, spec.bits - frac}, Rounding::rnd, Overflow::sat};
    for (Eigen::Index column = 0; column < weight.cols(); ++column) {
      result.mantissas.push_back(quantize_real(weight(row, column), quantizer) *
                                 (std::int64_t{1} << (result.frac - frac)));
    }
  }
  return result;
}

Quantizer bias_quantizer(const Eigen::VectorXd& bias, const FormatSpec& spec) {
  Quantizer quantizer = spec.quantizer;
  if (spec.automatic) {
    const double largest = bias.size() > 0 ? bias.cwiseAbs().maxCoeff() : 0;
    const int frac = largest > 0 ? finest_frac(largest, spec.bits) : 0;
    quantizer.format = Format{true, spec.bits, spec.bits - frac};
  }
  return quantizer;
}

std::vector<std::int64_t> quantize_bias(const Eigen::VectorXd& bias, const FormatSpec& spec, int accumulator_frac) {
  const Quantizer quantizer = bias_quantizer(bias, spec);
  std::vector<std::int64_t> mantissas;
  for (Eigen::Index i = 0; i < bias.size(); ++i) {
    mantissas.push_back(
        shift_round(quantize_real(bias[i], quantizer), quantizer.format.frac() - accumulator_frac, Rounding::rnd));
  }
  return mantissas;
}

}  // namespace rtlgen
