// The number formats of quantized features, whose quantizers may have steps of any size.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <limits>
#include <vector>

#include "ir/numerics/format_array.hpp"
#include "rtlgen/lowering/exact_tensor.hpp"
#include "rtlgen/model/uniform_quantizer.hpp"

namespace rtlgen {

/// A feature's codes on their way into a format.
struct FeatureCodes {
  Format format;         ///< with the feature's own binary point
  std::int64_t low = 0;  ///< of the codes that can come out
  std::int64_t high = 0;
  bool pruned = false;  ///< 0 is the only code
};

/// The formats of all features, and what they need of the operation that makes them.
class CodeFormats {
 public:
  /// The quantizer must outlive the formats.
  CodeFormats(const ExactTensor& tensor, const UniformQuantizer& quantizer);

  const std::vector<FeatureCodes>& features() const { return features_; }
  /// Fraction bits of the tensor.
  int point() const { return point_; }
  /// Real value of a code's unit where the tensor's is 2^-point: 1 to 2.
  Eigen::VectorXd significands() const;
  /// The quantized tensor, whose mantissas are those of `node`.
  ExactTensor tensor_of(Graph::NodeId node) const;

  /// What rounds sums in units of codes; `rounding` is Rounding::trn where the sums are rounded already. Throws IrError
  /// where the features' formats have no common one.
  FormatArray output(Rounding rounding) const;

 private:
  FeatureCodes feature(const ExactTensor& tensor, Eigen::Index f) const;
  /// The format that holds those of all features.
  Format common_format() const;
  /// Whether a feature has fewer codes than its format.
  bool are_limited() const;
  /// Whether limits of all features are those of a symmetric format.
  bool are_symmetric() const;

  const UniformQuantizer& quantizer_;
  std::vector<FeatureCodes> features_;
  int point_ = std::numeric_limits<int>::min();
  bool any_signed_ = false;
};

}  // namespace rtlgen
