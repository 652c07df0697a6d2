// Quantizers with a step of any size, feature by feature: those of quantization-aware training.
#pragma once

#include <Eigen/Dense>
#include <cstdint>
#include <vector>

#include "ir/numerics/format.hpp"

namespace rtlgen {

/// A whole number, the code, for a real number: code = limit(round(x / scale + shift)), which stands for
/// (code - zero_point) * scale. Fixed-point formats are those whose scale is a power of two, and shift and zero_point
/// 0.
struct UniformQuantizer {
  Eigen::VectorXd scale;           ///< positive
  Eigen::VectorXd shift;           ///< added before the rounding
  Eigen::VectorXd zero_point;      ///< code of 0; mostly, but not for signs, the same as shift
  std::vector<std::int64_t> low;   ///< smallest code
  std::vector<std::int64_t> high;  ///< largest code
  Rounding rounding = Rounding::rnd_conv;
  bool wraps = false;  ///< codes beyond the ends keep their low bits: `low` to `high` are a whole format

  Eigen::Index features() const { return scale.size(); }
  /// The code of x for feature f.
  std::int64_t code(Eigen::Index f, double x) const;
  /// What the code of x stands for.
  double value(Eigen::Index f, double x) const;
};

/// The fixed-point format `quantizer` for all of `features` features.
UniformQuantizer uniform_quantizer(const Quantizer& quantizer, int features);

}  // namespace rtlgen
