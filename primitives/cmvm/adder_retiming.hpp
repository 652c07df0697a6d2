// The stages of an adder graph in which the fewest bits wait in registers.
#pragma once

#include <cstddef>
#include <vector>

#include "primitives/cmvm/adder_graph.hpp"

namespace rtlgen {

/// Larger graphs, for which no device has room, keep the earliest stages: the optimum takes 2 KB a node.
constexpr std::size_t kMostRetimedNodes = 250000;

/// Stages of all nodes with the fewest register bits, for a pipeline whose outputs are read in `output_stage`: at most
/// `levels` adder levels between two registers (0: any number), and behind the last register no more than leave room
/// for `output_levels` further levels of logic that outputs pass in their stage; the inputs come behind `start` levels
/// of logic, at most `levels`. Of several such solutions the one in which every adder is as early as in any; 0 for what
/// is no wire. Throws std::invalid_argument where `output_stage` is too early for the graph.
std::vector<int> retimed_stages(const AdderGraph& graph, int levels, int output_stage, int output_levels,
                                int start = 0);

}  // namespace rtlgen
