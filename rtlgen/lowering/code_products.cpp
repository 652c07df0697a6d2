#include "rtlgen/lowering/code_products.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "rtlgen/lowering/binary_parts.hpp"
#include "rtlgen/lowering/exact_node.hpp"
#include "rtlgen/lowering/exact_sums.hpp"
#include "rtlgen/lowering/step_fit.hpp"

namespace rtlgen {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

// Real factors of single features are rounded so that their products have as many bits, and to what makes a difference.
constexpr int kNearSumBits = 50;
constexpr int kNearGuardBits = 8;
constexpr double kFewBits = 0x1p12;  // a scale with more than these bits is not multiplied as it is

std::size_t at(Index index) { return static_cast<std::size_t>(index); }

/// A tensor in units of codes: factor_f times the sum, plus offset_f.
struct CodeScales {
  CodeScales(const ExactTensor& tensor, const UniformQuantizer& quantizer)
      : factor(tensor.factor.array() / quantizer.scale.array()),
        offset(tensor.offset.array() / quantizer.scale.array() + quantizer.shift.array()) {}

  VectorXd factor;
  VectorXd offset;
};

}  // namespace

std::optional<WholeProduct> shifted_product(const ExactTensor& tensor, const UniformQuantizer& quantizer,
                                            const CodeFormats& formats) {
  const CodeScales codes(tensor, quantizer);
  int frac = std::numeric_limits<int>::min();
  for (Index f = 0; f < tensor.features(); ++f) {
    if (odd_part(codes.factor[f]) >= kFewBits || odd_part(codes.offset[f]) >= kMaxMantissa) {
      return std::nullopt;
    }
    const int point = formats.features()[at(f)].format.frac();
    for (const double x : {codes.factor[f], codes.offset[f]}) {
      frac = x == 0 ? frac : std::max(frac, point + fraction_bits(x));
    }
  }
  frac = frac == std::numeric_limits<int>::min() ? formats.point() : frac;
  std::vector<std::int64_t> multipliers;
  std::vector<std::int64_t> bias;
  for (Index f = 0; f < tensor.features(); ++f) {
    const int lift = frac - formats.features()[at(f)].format.frac();
    const double factor = std::ldexp(codes.factor[f], lift);
    const double offset = std::ldexp(codes.offset[f], lift);
    if (std::abs(factor) > kMaxMantissa || std::abs(offset) > kMaxMantissa) {
      return std::nullopt;
    }
    multipliers.push_back(whole_number(factor));
    bias.push_back(whole_number(offset));
  }
  return multiplied_product(tensor, multipliers, bias, frac);
}

WholeProduct rounded_product(const ExactTensor& tensor, const TensorType& type, const UniformQuantizer& quantizer,
                             const CodeFormats& formats) {
  const Index rows = tensor.unrounded.rows();
  const int bits = rounded_bits(type, tensor.unrounded.cols());
  RowMatrix products = tensor.unrounded;
  std::vector<int> points;  // fraction bits of a row's sums
  for (Index o = 0; o < rows; ++o) {
    products.row(o) *= tensor.factor[o] / quantizer.scale[o];
    const double largest = products.row(o).cwiseAbs().maxCoeff();
    points.push_back(formats.features()[at(o)].format.frac() + bits - binary_parts(largest).exponent);
  }
  const int frac = *std::max_element(points.begin(), points.end());
  WholeProduct result{tensor.product, tensor.weight, {{static_cast<int>(rows)}, {}}, frac};
  for (Index o = 0; o < rows; ++o) {
    const int point = points[at(o)] - formats.features()[at(o)].format.frac();  // of the rounding, in units of codes
    const auto mantissa = [&](double x) {
      return whole_number(std::ldexp(std::round(std::ldexp(x, point)), frac - points[at(o)]));
    };
    for (Index i = 0; i < products.cols(); ++i) {
      result.weight.values[at(o * products.cols() + i)] = mantissa(products(o, i));
    }
    result.bias.values.push_back(mantissa(tensor.offset[o] / quantizer.scale[o] + quantizer.shift[o]));
  }
  return result;
}

std::optional<WholeProduct> fitted_product(const ExactTensor& tensor, const TensorType& type,
                                           const UniformQuantizer& quantizer, const CodeFormats& formats) {
  const CodeScales scales(tensor, quantizer);
  std::vector<StepFit> fits;
  int frac = std::numeric_limits<int>::min();
  for (Index f = 0; f < tensor.features(); ++f) {
    const FeatureCodes& codes = formats.features()[at(f)];
    const StepFunction function{scales.factor[f], scales.offset[f], codes.low, codes.high, quantizer.rounding};
    const auto fit = fit_steps(function, type.intervals[at(f)]);
    if (!fit) {
      return std::nullopt;
    }
    fits.push_back(*fit);
    frac = std::max(frac, codes.format.frac() + fit->shift);
  }
  std::vector<std::int64_t> factors;
  std::vector<std::int64_t> bias;
  for (std::size_t f = 0; f < fits.size(); ++f) {
    const int lift = frac - formats.features()[f].format.frac() - fits[f].shift;
    factors.push_back(whole_number(std::ldexp(static_cast<double>(fits[f].multiplier), lift)));
    bias.push_back(whole_number(std::ldexp(static_cast<double>(fits[f].offset), lift)));
  }
  return WholeProduct{Product::none, vector_literal(factors), vector_literal(bias), frac};
}

WholeProduct near_product(const ExactTensor& tensor, const TensorType& type, const UniformQuantizer& quantizer,
                          const CodeFormats& formats) {
  const CodeScales codes(tensor, quantizer);
  double reach = 1;
  for (Index f = 0; f < tensor.features(); ++f) {
    const Interval& interval = type.intervals[at(f)];
    const auto largest = static_cast<double>(std::max(-interval.lo, interval.hi));
    reach = std::max(reach, std::abs(codes.factor[f]) * largest + std::abs(codes.offset[f]));
  }
  const int spare = kNearSumBits - binary_parts(reach).exponent - 1;
  const int bits = std::clamp(spare, 0, type.width + kNearGuardBits);
  std::vector<std::int64_t> factors;
  std::vector<std::int64_t> bias;
  for (Index f = 0; f < tensor.features(); ++f) {
    factors.push_back(whole_number(std::round(std::ldexp(codes.factor[f], bits))));
    bias.push_back(whole_number(std::round(std::ldexp(codes.offset[f], bits))));
  }
  return {Product::none, vector_literal(factors), vector_literal(bias), formats.point() + bits};
}

}  // namespace rtlgen
