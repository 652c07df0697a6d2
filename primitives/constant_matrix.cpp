#include "primitives/constant_matrix.hpp"

#include "primitives/exact_intervals.hpp"

namespace rtlgen {

AdderGraph solve_constant_matrix(const Literal& weight, const Literal& bias, const std::vector<Interval>& inputs,
                                 const ConstantMatrixOptions& /*options*/) {
  AdderGraph graph = build_adder_graph(weight, bias, inputs);
  set_exact_intervals(graph);
  return graph;
}

}  // namespace rtlgen
