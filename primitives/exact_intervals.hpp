// The exact range of every value in an adder graph.
#pragma once

#include "primitives/adder_graph.hpp"

namespace rtlgen {

/// Sets the interval of every adder to the values that can occur, given that inputs are independent: the sum over the
/// node's coefficients. Narrower than sums of operands' intervals where an input comes in twice: 4x - x is 3x.
void set_exact_intervals(AdderGraph& graph);

}  // namespace rtlgen
