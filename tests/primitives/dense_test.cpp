// dense: constant matrices as shifted additions.
#include "primitives/dense.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "primitives/cmvm/constant_matrix.hpp"
#include "primitives/cmvm/signed_digits.hpp"
#include "primitives/solve_dense.hpp"
#include "rtlgen/schedule/make_schedule.hpp"
#include "rtlgen/schedule/schedule.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/integer_model.hpp"
#include "tests/support/plain_dense.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

Graph random_dense_graph(Dice& dice, int index) {
  CoreShape shape = random_shape(dice, index, 4);
  shape.mask = MaskKind::none;
  GraphBuilder builder(shape);
  const int inputs = dice.number(1, 7);
  const auto x = builder.input(inputs, random_quantizer(dice, 1, 10, 4));
  Dense dense = random_dense(dice, inputs, builder.graph().node(x).type.frac);
  if (dice.percent(30)) {
    add_random_formats(dice, dense.bias.shape[0], dense.output);
  }
  std::vector<Graph::NodeId> operands{x};
  if (dice.percent(30)) {
    Dense addend;
    addend.weight = random_literal(dice, {dense.bias.shape[0], inputs}, 4);
    addend.bias = random_literal(dice, {dense.bias.shape[0]}, 4);
    const int frac = builder.graph().node(x).type.frac + dense.weight_frac;
    addend.output = signed_quantizer(dice.number(3, 9), frac - dice.number(0, 4));
    operands.push_back(builder.add("addend", std::move(addend), {x}));
  }
  return builder.finish(builder.add("y", std::move(dense), operands));
}

TEST_CASE("dense: the golden model is its definition", "[dense]") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_dense_graph(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 40), plain_dense) == "");
  }
}

TEST_CASE("dense: canonical signed digits give the value back with no two neighbours", "[dense]") {
  for (std::int64_t value = -5000; value <= 5000; ++value) {
    std::int64_t sum = 0;
    int previous = -2;
    bool sparse = true;
    for (const SignedDigit& digit : canonical_signed_digits(value)) {
      sum += (digit.negative ? -1 : 1) * (std::int64_t{1} << digit.shift);
      sparse = sparse && digit.shift >= previous + 2;
      previous = digit.shift;
    }
    if (sum != value || !sparse) {
      FAIL("value " << value << " gives " << sum);
    }
  }
}

TEST_CASE("dense: the adder graph computes W x + b inside its intervals", "[dense][slow]") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const int inputs = dice.number(1, 6);
    const int outputs = dice.number(1, 6);
    const Literal weight = random_literal(dice, {outputs, inputs}, dice.number(1, 12), 25);
    const Literal bias = random_literal(dice, {outputs}, 10, 50);
    std::vector<Interval> ranges;
    std::vector<std::int64_t> x;
    for (int i = 0; i < inputs; ++i) {
      const std::int64_t low = dice.number(-100, 100);
      ranges.push_back({low, low + dice.number(0, 200)});
      x.push_back(random_mantissa(dice, ranges.back()));
    }
    ConstantMatrixOptions options;
    options.effort = dice.number(0, 1) == 0 ? Effort::fast : Effort::normal;
    const AdderGraph graph = solve_constant_matrix(weight, bias, ranges, options);
    std::vector<std::int64_t> values;
    bool inside = true;
    for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
      const AdderGraph::Node& node = graph.nodes[id];
      std::int64_t value = node.interval.lo;  // of a constant
      if (node.kind == AdderGraph::Kind::input) {
        value = x.at(id);
      } else if (node.kind == AdderGraph::Kind::adder) {
        const std::int64_t a = values.at(static_cast<std::size_t>(node.a)) * (std::int64_t{1} << node.shift_a);
        const std::int64_t b = values.at(static_cast<std::size_t>(node.b)) * (std::int64_t{1} << node.shift_b);
        value = node.subtract ? a - b : a + b;
      }
      inside = inside && value >= node.interval.lo && value <= node.interval.hi;
      values.push_back(value);
    }
    CHECK(inside);
    for (int o = 0; o < outputs; ++o) {
      const auto first = weight.values.begin() + o * inputs;
      const std::int64_t expected =
          std::inner_product(x.begin(), x.end(), first, bias.values[static_cast<std::size_t>(o)]);
      const AdderGraph::Output& output = graph.outputs.at(static_cast<std::size_t>(o));
      const std::int64_t value =
          output.node < 0 ? 0 : values.at(static_cast<std::size_t>(output.node)) * (std::int64_t{1} << output.shift);
      CHECK(value == expected);
    }
  }
}

TEST_CASE("dense: RTL equals golden to the bit and clock", "[dense][rtl]") {
  for (unsigned seed = 1; seed <= 32; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_dense_graph(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 40), {seed}).verdict() == "ok");
  }
}

TEST_CASE("dense: RTL with ternary adders equals golden to the bit and clock", "[dense][ternary][rtl]") {
  int ternary = 0;
  for (unsigned seed = 1; seed <= 24; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    Graph graph = random_dense_graph(dice, static_cast<int>(seed));
    const IntegerEvents events = random_events(dice, graph, 40);
    const int latency = make_schedule(graph).latency;
    solve_dense(graph, Effort::fast, SolutionCache(), true);
    ternary += graph.node(graph.find("y")).as<Dense>()->adders->shape[1] == 7 ? 1 : 0;
    CHECK(std::abs(make_schedule(graph).latency - latency) <= 1);
    CHECK(run_bench(graph, events, {seed}).verdict() == "ok");
  }
  CHECK(ternary > 5);
}

TEST_CASE("dense: RTL is right where intervals show inputs to be always 0", "[dense][rtl]") {
  // A relu whose sum is never positive, as in trained models with dead neurons; its weight of 16 shifts nothing by four
  // bits.
  GraphBuilder builder({2, 1, MaskKind::none, 200});
  const auto x = builder.input(2, signed_quantizer(4, 0));
  Dense negative;
  negative.weight = {{2, 2}, {1, 1, 1, 0}};
  negative.bias = {{2}, {-100, 3}};
  negative.relu = true;
  negative.output = signed_quantizer(6, 0);
  const auto dead = builder.add("dead", negative, {x});
  REQUIRE(builder.graph().node(dead).type.intervals[0] == Interval{0, 0});
  Dense dense;
  dense.weight = {{3, 2}, {16, 1, 40, 0, -16, 16}};
  dense.bias = {{3}, {0, 0, 1}};
  dense.output = signed_quantizer(9, 0);
  const Graph graph = builder.finish(builder.add("y", dense, {dead}));
  Dice dice(1);
  const IntegerEvents events = random_events(dice, graph, 30);
  CHECK(compare_with_plain_model(graph, events, plain_dense) == "");
  CHECK(run_bench(graph, events).verdict() == "ok");
}

}  // namespace
}  // namespace rtlgen::testing
