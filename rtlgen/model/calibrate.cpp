#include "rtlgen/model/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "ir/numerics/rounding.hpp"
#include "rtlgen/model/sample.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kSample = std::size_t{1} << 18;  // values looked at when formats are compared
constexpr int kClippedBits = 4;                        // most whole bits given up to clipping
constexpr int kWide = 12;                              // formats from here on never clip

/// Whole rows of `values`, about kSample values of them: each feature is seen as often as every other.
RowMatrix sampled_rows(const RowMatrix& values) {
  const auto rows = static_cast<std::size_t>(values.rows());
  const std::size_t wanted = std::max<std::size_t>(1, kSample / static_cast<std::size_t>(values.cols()));
  if (rows <= wanted) {
    return values;
  }
  RowMatrix sample(static_cast<Eigen::Index>(wanted), values.cols());
  Eigen::Index row = 0;
  for (const std::size_t chosen : sample_indices(rows, wanted)) {
    sample.row(row++) = values.row(static_cast<Eigen::Index>(chosen));
  }
  return sample;
}

/// Of rounding to the nearest and limiting, of each row relative to its sum of squares: a few large rows must not make
/// the step of all others coarser.
double squared_error(const RowMatrix& values, const Format& format) {
  const double step = std::ldexp(1.0, -format.frac());
  const auto lowest = static_cast<double>(format.min());
  const auto highest = static_cast<double>(format.max());
  const auto codes = (values.array() / step + 0.5).floor().max(lowest).min(highest);
  const Eigen::ArrayXd errors = (values.array() - codes * step).square().rowwise().sum();
  const Eigen::ArrayXd powers = values.rowwise().squaredNorm();
  return (powers > 0).select(errors / powers, 0.0).sum();
}

}  // namespace

int integer_bits(double largest) {
  // Magnitudes up to 2^(I-1) - step fit; a value at the power of two itself needs one bit more.
  return largest > 0 ? static_cast<int>(std::floor(std::log2(largest))) + 2 : 1;
}

Format calibrated_format(const RowMatrix& values, int bits) {
  const double smallest = values.size() > 0 ? values.minCoeff() : 0;
  const double largest = values.size() > 0 ? values.cwiseAbs().maxCoeff() : 0;
  const bool is_signed = smallest < 0;
  const double margin = bits >= kWide ? 1.125 : 1.0;
  const int full = integer_bits(largest * margin) - (is_signed ? 0 : 1);
  Format best{is_signed, bits, std::clamp(full, -32, 48)};
  if (bits >= kWide || largest == 0) {
    return best;
  }
  const RowMatrix sample = sampled_rows(values);
  double least = std::numeric_limits<double>::infinity();
  for (int clipped = 0; clipped <= kClippedBits; ++clipped) {
    const Format candidate{is_signed, bits, std::clamp(full - clipped, -32, 48)};
    const double error = squared_error(sample, candidate);
    if (error < least) {
      least = error;
      best = candidate;
    }
  }
  return best;
}

RowMatrix real_tokens(const RowMatrix& values, const Events& events) {
  if (events.mask.size() != static_cast<std::size_t>(values.rows())) {
    return values;
  }
  const auto real = std::count(events.mask.begin(), events.mask.end(), std::uint8_t{1});
  RowMatrix kept(real, values.cols());
  Eigen::Index row = 0;
  for (Eigen::Index i = 0; i < values.rows(); ++i) {
    if (events.mask[static_cast<std::size_t>(i)] != 0) {
      kept.row(row++) = values.row(i);
    }
  }
  return kept;
}

}  // namespace rtlgen
