// Multiplication by a real number as a whole-number multiplication and a shift, without any difference.
#pragma once

#include <cstdint>
#include <optional>

#include "ir/numerics/format.hpp"
#include "ir/tensor_type.hpp"

namespace rtlgen {

/// round((multiplier * x + offset) / 2^shift), rounded as fit_rounding says.
struct StepFit {
  std::int64_t multiplier = 0;
  std::int64_t offset = 0;
  int shift = 0;
};

/// A rising or falling function of whole numbers whose results are whole numbers: limit(round(factor * x + offset)).
struct StepFunction {
  double factor = 0;
  double offset = 0;
  std::int64_t low = 0;   ///< smallest result
  std::int64_t high = 0;  ///< largest result
  Rounding rounding = Rounding::rnd_conv;

  /// The result, computed in doubles.
  std::int64_t operator()(std::int64_t x) const;
};

/// How a fit rounds. To the nearest is rounding down with another offset; only the modes whose steps around 0 are twice
/// as long as others cannot be had that way.
Rounding fit_rounding(Rounding rounding);

/// The fit with the least shift that, limited to [low, high], equals `function` for every whole number of `x`. A fit is
/// right everywhere if it is right on both sides of each step, so offsets form an interval for each multiplier; of
/// these the one with most zeros at its end is taken. Nothing where there are more than 2^20 steps, or numbers beyond
/// 48 bits would be needed.
std::optional<StepFit> fit_steps(const StepFunction& function, const Interval& x);

}  // namespace rtlgen
