// Multiplication by a constant matrix: from the weights to an adder graph.
#pragma once

#include <vector>

#include "ir/numerics/effort.hpp"
#include "primitives/cmvm/adder_graph.hpp"

namespace rtlgen {

/// What is asked of an adder graph.
struct ConstantMatrixOptions {
  Effort effort = Effort::normal;
  int depth_slack = 0;  ///< adder levels allowed beyond the least possible; without registers or with ternary adders
  int levels_per_stage = 2;  ///< adder levels between two registers; 0: there are none
  int output_levels = 0;     ///< levels of other logic behind the outputs, in the stage of the last adders if they fit
  bool ternary_adders = false;  ///< whether adders may have three operands (primitives/cmvm/ternary_adders.hpp)
};

/// A graph of y = W x + bias for inputs in the intervals given, one output a row. `weight` is [out, in], `bias` [out].
/// Intervals of nodes are exact; the same arguments give the same graph.
AdderGraph solve_constant_matrix(const Literal& weight, const Literal& bias, const std::vector<Interval>& inputs,
                                 const ConstantMatrixOptions& options);

}  // namespace rtlgen
