#include "tests/support/exact_models.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "primitives/solve_dense.hpp"
#include "rtlgen/lowering/quantize_model.hpp"
#include "rtlgen/model/float_reference.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

/// The real numbers and masks that these integers stand for at the graph's input.
Events real_events(const Graph& graph, const IntegerEvents& integers) {
  Events events;
  events.count = integers.count;
  events.tokens = input_node(graph).type.tokens;
  events.features = static_cast<int>(integers.x.cols());
  events.x = integers.x * std::ldexp(1.0, -input_node(graph).type.frac);
  for (Eigen::Index row = 0; row < integers.mask.rows(); ++row) {
    events.mask.push_back(integers.mask(row, 0) != 0 ? 1 : 0);
  }
  return events;
}

/// Outputs of both models.
struct Outputs {
  RowMatrix golden;
  RowMatrix real;
};

Outputs outputs(const Model& model, const Graph& graph, const IntegerEvents& events) {
  const Node& output = graph.node(graph.output());
  Outputs result{to_real(golden_output(graph, events), output.type.frac, output.scale),
                 float_output(model, real_events(graph, events), 64)};
  REQUIRE(result.golden.rows() == result.real.rows());
  return result;
}

}  // namespace

double largest_error(const Model& model, const Graph& graph, const IntegerEvents& events) {
  const Outputs both = outputs(model, graph, events);
  return (both.golden - both.real).cwiseAbs().maxCoeff();
}

std::size_t differences_from_formula(const Model& model, const Graph& graph, const IntegerEvents& events) {
  const Outputs both = outputs(model, graph, events);
  const auto error = (both.golden - both.real).array().abs();
  return static_cast<std::size_t>((error > 1e-9 * both.real.array().abs().max(1.0)).count());
}

std::string rtl_verdict(Model model, Dice& dice, unsigned seed) {
  model.clock_mhz = test_clocks()[seed % test_clocks().size()];
  Graph graph = quantize_model(model, {});
  solve_dense(graph, Effort::fast, SolutionCache());
  return run_bench(graph, random_events(dice, graph, 24), {seed}).verdict();
}

}  // namespace rtlgen::testing
