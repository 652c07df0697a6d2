// Multiplication by a constant matrix: from the weights to an adder graph.
#pragma once

#include <optional>
#include <vector>

#include "primitives/adder_graph.hpp"

namespace rtlgen {

/// How long to look for a graph of fewer LUTs.
enum class Effort { fast, normal, high };

struct ConstantMatrixOptions {
  Effort effort = Effort::normal;
  std::optional<int> depth_slack;  ///< adder levels allowed beyond the least possible; none: as the solver likes
  int levels_per_stage = 2;        ///< adders between two registers, which cost something too; 0: there are none
};

/// A graph of y = W x + bias for inputs in the intervals given, one output a row. `weight` is [out, in], `bias` [out].
/// Intervals of nodes are exact; the same arguments give the same graph.
AdderGraph solve_constant_matrix(const Literal& weight, const Literal& bias, const std::vector<Interval>& inputs,
                                 const ConstantMatrixOptions& options);

}  // namespace rtlgen
