#include "rtlgen/model/uniform_quantizer.hpp"

#include <algorithm>
#include <cmath>

#include "ir/numerics/rounding.hpp"

namespace rtlgen {

std::int64_t UniformQuantizer::code(Eigen::Index f, double x) const {
  // Beyond 2^50 nothing but the ends comes out, or (wraps) nothing that has a meaning.
  const double scaled = std::clamp(x / scale[f] + shift[f], -0x1p50, 0x1p50);
  const auto rounded = static_cast<std::int64_t>(round_real(scaled, rounding));
  const std::int64_t least = low[static_cast<std::size_t>(f)];
  const std::int64_t most = high[static_cast<std::size_t>(f)];
  if (!wraps) {
    return std::clamp(rounded, least, most);
  }
  const std::int64_t codes = most - least + 1;
  return least + ((rounded - least) % codes + codes) % codes;
}

double UniformQuantizer::value(Eigen::Index f, double x) const {
  return (static_cast<double>(code(f, x)) - zero_point[f]) * scale[f];
}

UniformQuantizer uniform_quantizer(const Quantizer& quantizer, int features) {
  UniformQuantizer result;
  result.scale = Eigen::VectorXd::Constant(features, std::ldexp(1.0, -quantizer.format.frac()));
  result.shift = Eigen::VectorXd::Zero(features);
  result.zero_point = Eigen::VectorXd::Zero(features);
  result.low.assign(static_cast<std::size_t>(features), quantizer.lowest());
  result.high.assign(static_cast<std::size_t>(features), quantizer.format.max());
  result.rounding = quantizer.rounding;
  result.wraps = quantizer.overflow == Overflow::wrap;
  return result;
}

}  // namespace rtlgen
