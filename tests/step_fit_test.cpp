// Real factors as whole-number multiplications.
#include "rtlgen/lowering/step_fit.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "primitives/requantize.hpp"
#include "tests/support/dice.hpp"

namespace rtlgen::testing {
namespace {

std::int64_t apply(const StepFit& fit, std::int64_t x, const StepFunction& function) {
  const std::int64_t quotient =
      shift_round(fit.multiplier * x + fit.offset, fit.shift, fit_rounding(function.rounding));
  return std::clamp(quotient, function.low, function.high);
}

TEST_CASE("step fit: equal to the real formula for every whole number", "[step_fit]") {
  int fitted = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    StepFunction function;
    function.factor = std::ldexp(dice.normal(), dice.number(-10, 3)) * (dice.percent(5) ? 0 : 1);
    function.offset = std::ldexp(dice.normal(), dice.number(-3, 6));
    const int bits = dice.number(1, 10);
    function.low = dice.percent(50) ? 0 : -(std::int64_t{1} << (bits - 1));
    function.high = function.low + (std::int64_t{1} << bits) - 1 - (dice.percent(20) && bits > 1 ? 1 : 0);
    function.rounding = static_cast<Rounding>(dice.number(0, 8));
    const std::int64_t first = dice.between(-2000, 2000);
    const Interval x{first, first + dice.between(0, 3000)};
    const auto fit = fit_steps(function, x);
    REQUIRE(fit);
    ++fitted;
    for (std::int64_t i = x.lo; i <= x.hi; ++i) {
      if (apply(*fit, i, function) != function(i)) {
        FAIL("x " << i << ": " << apply(*fit, i, function) << ", expected " << function(i));
      }
    }
  }
  CHECK(fitted == 400);
}

TEST_CASE("step fit: few steps need few bits", "[step_fit]") {
  // A sign of a sum of 10 bits: one comparison, so no more than a shift.
  const auto sign = fit_steps({0.0371, 0.2, -1, 0, Rounding::trn}, {-512, 511});
  REQUIRE(sign);
  CHECK(std::abs(sign->multiplier) == 1);
  // Three steps of a code of 2 bits, about 46 apart.
  const auto code = fit_steps({0.0217, 0.1, 0, 3, Rounding::rnd_conv}, {-512, 511});
  REQUIRE(code);
  CHECK(code->multiplier < 64);
}

TEST_CASE("step fit: gives up where numbers would be too long", "[step_fit]") {
  CHECK_FALSE(fit_steps({1.0 / 3, 0.1, -(std::int64_t{1} << 40), std::int64_t{1} << 40, Rounding::rnd},
                        {-(std::int64_t{1} << 41), std::int64_t{1} << 41}));
}

}  // namespace
}  // namespace rtlgen::testing
