#include "rtlgen/lowering/step_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "primitives/requantize.hpp"

namespace rtlgen {
namespace {

constexpr std::int64_t kMaxSteps = std::int64_t{1} << 20;
constexpr int kMaxFitShift = 40;
constexpr double kMaxProduct = 0x1p48;

/// `function` is at least `level` from here on (up to here, where it falls), and below on the other side.
struct Step {
  std::int64_t level = 0;
  std::int64_t reached = 0;  ///< the first x that has the level
  std::int64_t missed = 0;   ///< the x beside it that has not
};

/// Where the function climbs to `level` in the interval, by bisection.
Step find_step(const StepFunction& function, const Interval& x, std::int64_t level) {
  const bool rising = function.factor > 0;
  std::int64_t below = rising ? x.lo : x.hi;
  std::int64_t above = rising ? x.hi : x.lo;
  while (std::abs(above - below) > 1) {
    const std::int64_t middle = below + (above - below) / 2;
    (function(middle) >= level ? above : below) = middle;
  }
  return {level, above, below};
}

/// Offsets that a multiplier allows.
struct OffsetRange {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

/// With the most zeros at the end.
std::int64_t roundest(const OffsetRange& range) {
  for (int bits = 62; bits > 0; --bits) {
    const std::int64_t candidate = (range.most >> bits) * (std::int64_t{1} << bits);
    if (candidate >= range.least) {
      return candidate;
    }
  }
  return range.most;
}

class Fitter {
 public:
  Fitter(const StepFunction& function, const Interval& x) : function_(function), x_(x) {
    first_ = function(x.lo);
    last_ = function(x.hi);
    const std::int64_t least = std::min(first_, last_);
    const std::int64_t most = std::max(first_, last_);
    if (most - least > kMaxSteps) {
      return;
    }
    possible_ = true;
    for (std::int64_t level = least + 1; level <= most; ++level) {
      steps_.push_back(find_step(function, x, level));
    }
  }

  std::optional<StepFit> run() const {
    if (!possible_) {
      return std::nullopt;
    }
    if (steps_.empty()) {
      return StepFit{0, first_, 0};
    }
    const double largest = static_cast<double>(std::max(std::abs(x_.lo), std::abs(x_.hi)));
    for (int shift = 0; shift <= kMaxFitShift; ++shift) {
      const double exact = std::ldexp(function_.factor, shift);
      if (std::abs(exact) * largest > kMaxProduct || std::abs(std::ldexp(function_.offset, shift)) > kMaxProduct) {
        break;
      }
      const std::int64_t nearest = std::llround(exact);
      for (const std::int64_t multiplier : {nearest, nearest - 1, nearest + 1}) {
        const OffsetRange range = offsets(multiplier, shift);
        if ((multiplier > 0) == (function_.factor > 0) && multiplier != 0 && range.least <= range.most) {
          return StepFit{multiplier, roundest(range), shift};
        }
      }
    }
    return std::nullopt;
  }

 private:
  /// The least sum, in units of 2^-shift, that is rounded to `level` or more.
  std::int64_t least_sum(std::int64_t level, std::int64_t unit) const {
    const bool from_below =
        (function_.rounding == Rounding::trn_zero && level <= 0) || (function_.rounding == Rounding::away && level > 0);
    return from_below ? (level - 1) * unit + 1 : level * unit;
  }

  OffsetRange offsets(std::int64_t multiplier, int shift) const {
    OffsetRange range;
    const std::int64_t unit = std::int64_t{1} << shift;
    const auto at_least = [&](std::int64_t level, std::int64_t x) {
      range.least = std::max(range.least, least_sum(level, unit) - multiplier * x);
    };
    const auto below = [&](std::int64_t level, std::int64_t x) {
      range.most = std::min(range.most, least_sum(level, unit) - multiplier * x - 1);
    };
    for (const Step& step : steps_) {
      at_least(step.level, step.reached);
      below(step.level, step.missed);
    }
    // Beyond the first and the last step only limits may cut.
    const std::int64_t lowest_x = first_ < last_ ? x_.lo : x_.hi;
    const std::int64_t highest_x = first_ < last_ ? x_.hi : x_.lo;
    if (std::min(first_, last_) > function_.low) {
      at_least(std::min(first_, last_), lowest_x);
    }
    if (std::max(first_, last_) < function_.high) {
      below(std::max(first_, last_) + 1, highest_x);
    }
    return range;
  }

  const StepFunction& function_;
  Interval x_;
  std::int64_t first_ = 0;
  std::int64_t last_ = 0;
  bool possible_ = false;
  std::vector<Step> steps_;
};

}  // namespace

std::int64_t StepFunction::operator()(std::int64_t x) const {
  const double real = std::clamp(factor * static_cast<double>(x) + offset, -0x1p50, 0x1p50);
  return std::clamp(static_cast<std::int64_t>(round_real(real, rounding)), low, high);
}

Rounding fit_rounding(Rounding rounding) {
  return rounding == Rounding::trn_zero || rounding == Rounding::away ? rounding : Rounding::trn;
}

std::optional<StepFit> fit_steps(const StepFunction& function, const Interval& x) { return Fitter(function, x).run(); }

}  // namespace rtlgen
