// Adders of three operands, for devices that add three numbers in one carry chain.
#pragma once

#include "primitives/cmvm/adder_graph.hpp"

namespace rtlgen {

/// The same outputs with adders of three operands: each takes the place of an adder and of the only adder that reads
/// it, where that saves adder bits. At least one of the three is positive: the chain has one carry to subtract with,
/// and the LUTs below hand on another. With `levels` adder levels between two registers (0: there are none) and
/// `output_levels` further levels of logic behind the outputs, in the stage of the last adders if they fit, no register
/// more is needed on the way; with one level a stage, where no ternary adder fits, the graph stays as it is.
///
/// The pairs are a matching of largest weight in a forest, found by dynamic programming; of those on a path that became
/// too long the least are given up until none is, and taken back where they fit after all. So it is an optimum where
/// there is enough time, and else near it. The same graph gives the same result on every machine.
AdderGraph with_ternary_adders(AdderGraph graph, int levels, int output_levels = 0);

/// The same where outputs have time until adder level `limit`, or as long as the graph needs.
AdderGraph with_ternary_adders_until(AdderGraph graph, int levels, int limit);

}  // namespace rtlgen
