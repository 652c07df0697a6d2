// Rounding that is part of a constant.
#pragma once

#include "ir/graph.hpp"

namespace rtlgen {

/// Where a product by constants is rounded half up, half of the last place goes into its bias, and the result is cut
/// off: an addition in the adder graph, which has one for the bias anyway, instead of one behind it. No value changes.
Graph round_in_bias(const Graph& graph);

}  // namespace rtlgen
