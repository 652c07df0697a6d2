#include "rtlgen/lowering/code_formats.hpp"

#include <algorithm>
#include <cmath>

#include "ir/ir_error.hpp"
#include "ir/numerics/format.hpp"
#include "rtlgen/lowering/binary_parts.hpp"

namespace rtlgen {

using Eigen::Index;
using Eigen::VectorXd;

CodeFormats::CodeFormats(const ExactTensor& tensor, const UniformQuantizer& quantizer) : quantizer_(quantizer) {
  for (Index f = 0; f < quantizer.features(); ++f) {
    features_.push_back(feature(tensor, f));
  }
  for (const FeatureCodes& codes : features_) {
    point_ = codes.pruned ? point_ : std::max(point_, codes.format.frac());
    any_signed_ = any_signed_ || (!codes.pruned && codes.format.is_signed);
  }
  point_ = point_ == std::numeric_limits<int>::min() ? 0 : point_;
}

VectorXd CodeFormats::significands() const {
  return quantizer_.scale.unaryExpr([](double scale) { return binary_parts(scale).significand; });
}

ExactTensor CodeFormats::tensor_of(Graph::NodeId node) const {
  return tensor_of_node(node, significands() * std::ldexp(1.0, -point_),
                        -(quantizer_.zero_point.array() * quantizer_.scale.array()));
}

FormatArray CodeFormats::output(Rounding rounding) const {
  const Format common = common_format();
  const bool symmetric = are_limited() && are_symmetric();
  const Overflow otherwise = quantizer_.wraps ? Overflow::wrap : Overflow::sat;
  FormatArray output = Quantizer{common, rounding, symmetric ? Overflow::sat_sym : otherwise};
  const bool equal = std::all_of(features_.begin(), features_.end(),
                                 [&](const FeatureCodes& codes) { return !codes.pruned && codes.format == common; });
  if (!equal) {
    output.shape = {static_cast<int>(features_.size())};
    for (const FeatureCodes& codes : features_) {
      output.formats.push_back(codes.pruned ? Format{false, 0, -point_} : codes.format);
    }
  }
  if (are_limited() && !symmetric) {
    // Pruned features have the tensor's format, so their limits are its own.
    const Interval all{output.quantizer.lowest(), common.max()};
    for (const FeatureCodes& codes : features_) {
      output.limits.push_back(codes.pruned ? all : Interval{codes.low, codes.high});
    }
  }
  return output;
}

FeatureCodes CodeFormats::feature(const ExactTensor& tensor, Index f) const {
  FeatureCodes codes;
  codes.low = quantizer_.low[static_cast<std::size_t>(f)];
  codes.high = quantizer_.high[static_cast<std::size_t>(f)];
  codes.pruned = codes.low == 0 && codes.high == 0;
  const bool is_signed = codes.low < 0;
  const int width = is_signed ? signed_width({codes.low, codes.high}) : std::max(1, signed_width({0, codes.high}) - 1);
  const int frac = -binary_parts(quantizer_.scale[f]).exponent;
  codes.format = {is_signed, width, width - frac};
  if (!quantizer_.wraps) {
    // Rounding keeps the order, so limits before it are limits of codes.
    codes.low = std::isinf(tensor.low[f]) ? codes.low : std::max(codes.low, quantizer_.code(f, tensor.low[f]));
    codes.high = std::isinf(tensor.high[f]) ? codes.high : std::min(codes.high, quantizer_.code(f, tensor.high[f]));
  }
  return codes;
}

Format CodeFormats::common_format() const {
  Format common{any_signed_, 1, 1 - point_};
  for (const FeatureCodes& codes : features_) {
    if (codes.pruned) {
      continue;
    }
    const Format& format = codes.format;
    const int width = format.width + point_ - format.frac() + (any_signed_ && !format.is_signed ? 1 : 0);
    if (width > kMaxFormatWidth) {
      throw IrError("the formats of the features are too far apart, expected at most 48 bits in all");
    }
    common.width = std::max(common.width, width);
  }
  common.integer = common.width - point_;
  return common;
}

bool CodeFormats::are_limited() const {
  return std::any_of(features_.begin(), features_.end(), [](const FeatureCodes& codes) {
    return !codes.pruned && (codes.low != codes.format.min() || codes.high != codes.format.max());
  });
}

bool CodeFormats::are_symmetric() const {
  return std::all_of(features_.begin(), features_.end(), [](const FeatureCodes& codes) {
    return !codes.pruned && codes.format.is_signed && codes.low == -codes.high && codes.high == codes.format.max();
  });
}

}  // namespace rtlgen
