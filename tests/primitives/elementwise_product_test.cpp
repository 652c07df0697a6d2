// elementwise: every feature times a constant of its own, as shifted additions.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "ir/verify.hpp"
#include "primitives/dense.hpp"
#include "primitives/elementwise.hpp"
#include "primitives/solve_dense.hpp"
#include "rtlgen/schedule/make_schedule.hpp"
#include "rtlgen/schedule/schedule.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/integer_model.hpp"
#include "tests/support/plain_dense.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

Mantissas plain_elementwise(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const Elementwise& operation = *view.node.as<Elementwise>();
  const Mantissas& x = *operands[0];
  const int frac = view.operand(0).frac + operation.weight_frac;
  Mantissas y(x.rows(), x.cols());
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    for (Eigen::Index f = 0; f < x.cols(); ++f) {
      const auto feature = static_cast<std::size_t>(f);
      Wide sum = Wide{operation.factor.values[feature]} * static_cast<std::int64_t>(x(row, f)) +
                 operation.bias.values[feature];
      if (operation.relu && sum < 0) {
        sum = 0;
      }
      y(row, f) = static_cast<double>(plain_result(operation.output, feature, sum, frac));
    }
  }
  return y;
}

/// Factors of all sizes, often the same one, and formats and limits of single features.
Elementwise random_elementwise(Dice& dice, int features, int frac) {
  Elementwise operation;
  operation.weight_frac = dice.number(-2, 12);
  const int factor_bits = dice.percent(40) ? 20 : dice.number(1, 12);
  operation.factor = random_literal(dice, {features}, factor_bits, dice.percent(10) ? 100 : 15);
  if (dice.percent(20)) {
    operation.factor.values.assign(operation.factor.values.size(), operation.factor.values.front());
  }
  operation.bias = random_literal(dice, {features}, dice.number(1, 16), dice.percent(20) ? 100 : 20);
  operation.relu = dice.percent(40);
  operation.output = random_quantizer(dice, 1, 14, frac + operation.weight_frac - dice.number(-3, 10));
  if (dice.percent(40)) {
    add_random_formats(dice, features, operation.output);
  }
  return operation;
}

Graph random_graph(Dice& dice, int index) {
  CoreShape shape = random_shape(dice, index, 4);
  shape.mask = MaskKind::none;
  GraphBuilder builder(shape);
  const int features = dice.number(1, 7);
  const auto x = builder.input(features, random_quantizer(dice, 1, 10, 4));
  const int frac = builder.graph().node(x).type.frac;
  return builder.finish(builder.add("y", random_elementwise(dice, features, frac), {x}));
}

TEST_CASE("elementwise: the golden model is its definition", "[elementwise]") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_graph(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 40), plain_elementwise) == "");
  }
}

TEST_CASE("elementwise: values and types are those of a dense with a diagonal matrix", "[elementwise]") {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_graph(dice, static_cast<int>(seed));
    const auto id = graph.find("y");
    const Elementwise& operation = *graph.node(id).as<Elementwise>();
    const int features = operation.factor.shape[0];
    Dense dense;
    dense.weight = {{features, features}, std::vector<std::int64_t>(static_cast<std::size_t>(features * features), 0)};
    for (int f = 0; f < features; ++f) {
      dense.weight.values[static_cast<std::size_t>(f * features + f)] =
          operation.factor.values[static_cast<std::size_t>(f)];
    }
    dense.bias = operation.bias;
    dense.weight_frac = operation.weight_frac;
    dense.relu = operation.relu;
    dense.output = operation.output;
    Graph diagonal = graph;
    diagonal.node(id).set(std::move(dense));
    CHECK_NOTHROW(verify(diagonal));  // the type of `y` is as it was
    const IntegerEvents events = random_events(dice, graph, 20);
    CHECK(golden_output(diagonal, events) == golden_output(graph, events));
  }
}

TEST_CASE("elementwise: RTL equals golden to the bit and clock", "[elementwise][rtl]") {
  for (unsigned seed = 1; seed <= 32; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_graph(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 40), {seed}).verdict() == "ok");
  }
}

TEST_CASE("elementwise: RTL with ternary adders equals golden to the bit and clock", "[elementwise][ternary][rtl]") {
  int ternary = 0;
  for (unsigned seed = 1; seed <= 36; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    Graph graph = random_graph(dice, static_cast<int>(seed));
    const IntegerEvents events = random_events(dice, graph, 40);
    const int latency = make_schedule(graph).latency;
    solve_dense(graph, Effort::fast, SolutionCache(), true);
    ternary += graph.node(graph.find("y")).as<Elementwise>()->adders->shape[1] == 7 ? 1 : 0;
    CHECK(std::abs(make_schedule(graph).latency - latency) <= 1);
    CHECK(run_bench(graph, events, {seed}).verdict() == "ok");
  }
  CHECK(ternary > 0);
}

TEST_CASE("elementwise: attributes that do not fit are refused", "[elementwise]") {
  using Change = std::function<void(Elementwise&)>;
  const auto refusal = [](const Change& change) {
    GraphBuilder builder({2, 1, MaskKind::none, 200});
    const auto x = builder.input(2, signed_quantizer(6, 3));
    Elementwise operation;
    operation.factor = {{2}, {3, -5}};
    operation.bias = {{2}, {1, 0}};
    operation.weight_frac = 2;
    operation.output = signed_quantizer(8, 3);
    change(operation);
    try {
      builder.add("y", operation, {x});
    } catch (const IrError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const std::string head = "node 'y' (elementwise): ";
  CHECK(refusal([](Elementwise& y) { y.relu = true; }) == "accepted");
  CHECK(refusal([](Elementwise& y) { y.factor = {{1}, {3}}; }) == head + "literal 'factor' has a wrong shape");
  CHECK(refusal([](Elementwise& y) { y.bias = {{2, 1}, {1, 0}}; }) == head + "literal 'bias' has a wrong shape");
  CHECK(refusal([](Elementwise& y) { y.factor.values[1] = std::int64_t{1} << 48; }) ==
        head + "exact sums need more than 52 bits; choose narrower formats");
  CHECK(refusal([](Elementwise& y) { y.output.limits = {{0, 1}}; }) == head + "literal 'limits' has a wrong shape");
}

TEST_CASE("elementwise: adders of other factors are refused", "[elementwise]") {
  GraphBuilder builder({1, 1, MaskKind::none, 200});
  const auto x = builder.input(2, signed_quantizer(6, 3));
  Elementwise operation;
  operation.factor = {{2}, {3, -5}};
  operation.bias = {{2}, {1, 0}};
  operation.output = signed_quantizer(12, 3);
  const Graph graph = builder.finish(builder.add("y", operation, {x}));
  const NodeView view = view_of(graph, graph.find("y"));
  const AdderGraph adders = operation.solve(view, {}, SolutionCache());
  CHECK_NOTHROW(operation.with_adders(view, adders));
  operation.factor.values[1] = -7;
  CHECK_THROWS_AS(operation.with_adders(view, adders), std::logic_error);
  Elementwise stale = *graph.node(graph.find("y")).as<Elementwise>();
  stale.bias.values[0] = 2;
  Graph broken = graph;
  broken.node(broken.find("y")).set(std::move(stale));
  CHECK_THROWS_AS(verify(broken), IrError);
}

}  // namespace
}  // namespace rtlgen::testing
