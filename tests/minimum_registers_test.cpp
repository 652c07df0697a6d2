// The placement of registers is the best that there is, and the earliest of the best.
#include "primitives/cmvm/minimum_registers.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <optional>
#include <stdexcept>

#include "tests/support/dice.hpp"

namespace rtlgen::testing {
namespace {

constexpr int kLatest = 5;

/// Up to five variables from 0 to kLatest, the first one fixed, now and then another one too. Some have no solution.
RegisterProblem random_problem(Dice& dice) {
  RegisterProblem problem;
  problem.variables = static_cast<std::size_t>(dice.number(1, 5));
  const auto variable = [&] { return static_cast<std::size_t>(dice.below(static_cast<int>(problem.variables))); };
  const auto point = [&] { return TimePoint{variable(), dice.number(-1, 2)}; };
  problem.fixed.push_back({0, dice.number(0, 2)});
  const int start = problem.fixed.front().time;
  for (std::size_t v = 1; v < problem.variables; ++v) {
    problem.constraints.push_back({0, v, -start});
    problem.constraints.push_back({v, 0, start - kLatest});
    if (dice.percent(20)) {
      problem.fixed.push_back({v, dice.number(0, kLatest)});
    }
  }
  for (int i = dice.below(5); i > 0; --i) {
    problem.constraints.push_back({variable(), variable(), dice.number(-2, 1)});
  }
  for (int i = dice.number(1, 5); i > 0; --i) {
    WaitingValue value{dice.number(0, 9), point(), {}};
    for (int j = dice.below(4); j > 0; --j) {
      value.read.push_back(point());
    }
    problem.values.push_back(value);
  }
  return problem;
}

bool allowed(const RegisterProblem& problem, const std::vector<int>& times) {
  const auto at = [&](const TimePoint& point) { return times[point.variable] + point.offset; };
  for (const FixedTime& entry : problem.fixed) {
    if (times[entry.variable] != entry.time) {
      return false;
    }
  }
  for (const TimeConstraint& constraint : problem.constraints) {
    if (times[constraint.later] - times[constraint.earlier] < constraint.clocks) {
      return false;
    }
  }
  for (const WaitingValue& value : problem.values) {
    for (const TimePoint& read : value.read) {
      if (at(read) < at(value.made)) {
        return false;
      }
    }
  }
  return true;
}

/// All times from 0 to kLatest, tried one after the other; of the best the earliest. None where nothing is allowed.
std::optional<std::vector<int>> tried_out(const RegisterProblem& problem) {
  std::vector<int> times(problem.variables, 0);
  long fewest = std::numeric_limits<long>::max();
  std::optional<std::vector<int>> earliest;
  while (true) {
    if (allowed(problem, times)) {
      const long bits = register_bits(problem, times);
      if (bits < fewest) {
        fewest = bits;
        earliest = times;
      } else if (bits == fewest) {
        for (std::size_t v = 0; v < times.size(); ++v) {
          (*earliest)[v] = std::min((*earliest)[v], times[v]);
        }
      }
    }
    std::size_t digit = 0;
    while (digit < times.size() && times[digit] == kLatest) {
      times[digit++] = 0;
    }
    if (digit == times.size()) {
      return earliest;
    }
    ++times[digit];
  }
}

TEST_CASE("minimum registers: small problems are solved as by trying all times", "[registers]") {
  int solved = 0;
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const RegisterProblem problem = random_problem(dice);
    const auto expected = tried_out(problem);
    if (!expected) {
      CHECK_THROWS_AS(minimum_register_times(problem), std::invalid_argument);
      continue;
    }
    ++solved;
    CHECK(minimum_register_times(problem) == *expected);
  }
  CHECK(solved > 300);
}

TEST_CASE("minimum registers: long times are no other problem than short ones", "[registers]") {
  constexpr int kFactor = 1000;
  for (unsigned seed = 2001; seed <= 2200; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    RegisterProblem problem = random_problem(dice);
    if (!tried_out(problem)) {
      continue;
    }
    std::vector<int> expected = minimum_register_times(problem);
    for (int& time : expected) {
      time *= kFactor;
    }
    for (FixedTime& entry : problem.fixed) {
      entry.time *= kFactor;
    }
    for (TimeConstraint& constraint : problem.constraints) {
      constraint.clocks *= kFactor;
    }
    for (WaitingValue& value : problem.values) {
      value.made.offset *= kFactor;
      for (TimePoint& read : value.read) {
        read.offset *= kFactor;
      }
    }
    CHECK(minimum_register_times(problem) == expected);
  }
}

TEST_CASE("minimum registers: readers share a chain, and the narrower value waits", "[registers]") {
  // 0: 8 bits, there at 0; 1: makes 5 bits of it in a clock; 2: at 9, reads both.
  RegisterProblem problem{3, {{0, 0}, {2, 9}}, {}, {{8, {0, 0}, {{1, 0}}}, {5, {1, 1}, {{2, 0}}}}};
  CHECK(minimum_register_times(problem) == std::vector<int>{0, 0, 9});
  CHECK(register_bits(problem, {0, 0, 9}) == 5 * 8);
  // Where the 8 bits have to wait anyway, the 5 bits need not.
  problem.values[0].read.push_back({2, 0});
  CHECK(minimum_register_times(problem) == std::vector<int>{0, 8, 9});
  CHECK(register_bits(problem, {0, 8, 9}) == 8 * 9);
}

TEST_CASE("minimum registers: what is no problem is refused", "[registers]") {
  const auto refused = [](const RegisterProblem& problem) {
    try {
      minimum_register_times(problem);
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  using Catch::Matchers::Contains;
  CHECK(refused({2, {{0, 3}}, {{0, 1, -2}}, {}}) == "no error");
  CHECK(minimum_register_times({2, {{0, 3}}, {{0, 1, -2}}, {}}) == std::vector<int>{3, 1});
  CHECK(minimum_register_times({}).empty());
  CHECK_THAT(refused({2, {{0, 3}}, {{1, 0, 2}}, {}}), Contains("bounded from below"));
  CHECK_THAT(refused({1, {{1, 3}}, {}, {}}), Contains("no such variable"));
  CHECK_THAT(refused({1, {{0, 3}}, {{0, 1, 0}}, {}}), Contains("no such variable"));
  CHECK_THAT(refused({1, {{0, 3}}, {}, {{1, {0, 0}, {{1, 0}}}}}), Contains("no such variable"));
  CHECK_THAT(refused({1, {{0, 3}}, {}, {{-1, {0, 0}, {}}}}), Contains("negative"));
  CHECK_THAT(refused({1, {{0, 3}, {0, 4}}, {}, {}}), Contains("two times"));
  CHECK_THAT(refused({2, {{0, 3}, {1, 4}}, {{0, 1, 2}}, {}}), Contains("contradict"));
  CHECK_THAT(refused({3, {{0, 0}}, {{0, 1, 0}, {1, 2, 1}, {2, 1, 0}}, {}}), Contains("contradict"));
  CHECK_THAT(refused({1, {{0, 0}}, {}, {{3, {0, 1}, {{0, 0}}}}}), Contains("contradict"));
}

}  // namespace
}  // namespace rtlgen::testing
