// Integer times at which values wait in the fewest register bits.
#pragma once

#include <cstddef>
#include <vector>

namespace rtlgen {

/// The clock `offset` clocks after the time of a variable; before it where negative.
struct TimePoint {
  std::size_t variable = 0;
  int offset = 0;
};

/// time[later] - time[earlier] >= clocks.
struct TimeConstraint {
  std::size_t earlier = 0;
  std::size_t later = 0;
  int clocks = 0;
};

/// A variable whose time is given.
struct FixedTime {
  std::size_t variable = 0;
  int time = 0;
};

/// A value that waits for its readers in one chain of registers, which all of them tap. That no reader comes before the
/// value is made is a constraint that need not be stated. A value without readers needs no register.
struct WaitingValue {
  long bits = 0;
  TimePoint made;
  std::vector<TimePoint> read;
};

/// Which times are allowed, and what waits. Every variable must be bounded from below: fixed, or held by a chain of
/// constraints behind one that is.
struct RegisterProblem {
  std::size_t variables = 0;
  std::vector<FixedTime> fixed;
  std::vector<TimeConstraint> constraints;
  std::vector<WaitingValue> values;
};

/// Times of all variables with the fewest register bits; of several such solutions the one in which every variable is
/// as early as in any. Throws std::invalid_argument where no times are allowed, a variable is not bounded from below or
/// not one of the problem's, or bits are negative.
///
/// The cost is an L-natural-convex function, so steepest ascent from the earliest times ends in the earliest optimum
/// (Murota, Discrete Convex Analysis, 2003; Murota and Shioura, Exact bounds for steepest descent algorithms of
/// L-convex function minimization, 2014). The steepest direction is a minimum cut (Kolmogorov and Shioura, New
/// algorithms for convex cost tension problem, 2009).
std::vector<int> minimum_register_times(const RegisterProblem& problem);

/// Register bits at these times: of each value its bits times the clocks until its last reader.
long register_bits(const RegisterProblem& problem, const std::vector<int>& times);

}  // namespace rtlgen
