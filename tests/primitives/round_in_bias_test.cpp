// Rounding that is part of a constant.
#include "primitives/round_in_bias.hpp"

#include <catch2/catch.hpp>
#include <utility>

#include "primitives/dense.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/plain_dense.hpp"

namespace rtlgen::testing {
namespace {

TEST_CASE("round_in_bias: no value changes, and nothing is rounded half up any more", "[round_in_bias]") {
  int changed = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    GraphBuilder builder({dice.number(1, 3), 1, MaskKind::none, 200});
    const int inputs = dice.number(1, 5);
    const auto x = builder.input(inputs, random_quantizer(dice, 1, 9, 4));
    Dense dense = random_dense(dice, inputs, builder.graph().node(x).type.frac);
    dense.output.quantizer.rounding = dice.percent(80) ? Rounding::rnd : dense.output.quantizer.rounding;
    if (dice.percent(40)) {
      add_random_formats(dice, dense.bias.shape[0], dense.output);
    }
    const auto y = builder.add("y", dense, {x});
    Graph graph = builder.finish(y);
    const IntegerEvents events = random_events(dice, graph, 60);
    graph.node(y).set(std::move(dense));  // without adders
    const Graph after = round_in_bias(graph);
    const Dense& product = *after.node(after.output()).as<Dense>();
    CHECK(product.output.quantizer.rounding != Rounding::rnd);
    changed += product.bias.values != graph.node(y).as<Dense>()->bias.values ? 1 : 0;
    CHECK(golden_output(after, events) == golden_output(graph, events));
  }
  CHECK(changed > 100);
}

}  // namespace
}  // namespace rtlgen::testing
