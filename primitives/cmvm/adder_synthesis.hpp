// From a constant matrix to an adder graph: sets the search up and writes down what it found.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "primitives/cmvm/adder_graph.hpp"

namespace rtlgen {

/// How much to search: the number of neighbourhoods to try for a first solution of n adders is the smaller of
/// moves_per_adder * n and moves + more_moves_per_adder * n.
struct SearchBudget {
  long moves_per_adder = 0;
  long moves = 0;
  long more_moves_per_adder = 0;
  std::size_t pairs = std::numeric_limits<std::size_t>::max();  ///< of terms that are looked at together
  unsigned threads = 0;  ///< of the search of a large matrix; 0: as many as there are processors. Changes no result.
};

/// The pipeline that a graph is for.
struct PipelineBounds {
  bool ternary_adders = false;
  int levels = 0;         ///< adder levels between two registers; 0: there are none
  int output_levels = 0;  ///< levels of other logic behind the outputs, in the stage of the last adders if they fit
};

/// An adder graph of y = W x + bias with few adder bits, and at most `depth_slack` levels more than the terms of its
/// canonical signed digits need. Where these leave a sum hardly any room, or adders may have three operands, it may
/// also take levels that are left in the last stage, which cost no registers. `weight` is [out, in], `bias` [out];
/// inputs lie in the intervals given. Only where several outputs differ by nothing but their sign may the graph be one
/// level deeper. The same arguments give the same graph on every machine. Throws std::logic_error if the graph were not
/// W x + bias.
AdderGraph synthesize_adders(const Literal& weight, const Literal& bias, const std::vector<Interval>& inputs,
                             int depth_slack, const SearchBudget& budget, const PipelineBounds& pipeline = {});

}  // namespace rtlgen
