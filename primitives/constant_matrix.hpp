// Multiplication by a constant matrix: from the weights to an adder graph.
#pragma once

#include <optional>
#include <vector>

#include "ir/effort.hpp"
#include "primitives/adder_graph.hpp"

namespace rtlgen {

struct ConstantMatrixOptions {
  Effort effort = Effort::normal;
  std::optional<int> depth_slack;  ///< adder levels allowed beyond the least possible; none: what fits into the stages
                                   ///< that the least needs
  int levels_per_stage = 2;        ///< adders between two registers; 0: there are none
  int levels_behind = 0;           ///< levels of logic behind the sums that should fit into the last stage
};

/// A graph of y = W x + bias for inputs in the intervals given, one output a row. `weight` is [out, in], `bias` [out].
/// Intervals of nodes are exact; the same arguments give the same graph.
AdderGraph solve_constant_matrix(const Literal& weight, const Literal& bias, const std::vector<Interval>& inputs,
                                 const ConstantMatrixOptions& options);

}  // namespace rtlgen
