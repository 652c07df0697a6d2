// flatten_dense: all tokens of an event times a matrix.
#include "primitives/flatten_dense.hpp"

#include <catch2/catch.hpp>

#include "tests/support/graph_builder.hpp"
#include "tests/support/plain_dense.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

Graph random_flatten_dense(Dice& dice, int index) {
  CoreShape shape = random_shape(dice, index, 9);
  shape.mask = MaskKind::none;
  GraphBuilder builder(shape);
  const int features = dice.number(1, 4);
  const auto x = builder.input(features, random_quantizer(dice, 1, 10, 4));
  const int frac = builder.graph().node(x).type.frac;
  const Dense dense = random_dense(dice, shape.tokens * features, frac);
  FlattenDense flat;
  flat.weight = dense.weight;
  flat.bias = dense.bias;
  flat.weight_frac = dense.weight_frac;
  flat.relu = dense.relu;
  flat.output = dense.output.quantizer;
  return builder.finish(builder.add("y", flat, {x}));
}

TEST_CASE("flatten_dense: the golden model is its definition", "[flatten_dense]") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_flatten_dense(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 40), plain_dense) == "");
  }
}

TEST_CASE("flatten_dense: RTL equals golden to the bit and clock", "[flatten_dense][rtl]") {
  for (unsigned seed = 1; seed <= 28; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_flatten_dense(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 30), {seed}).verdict() == "ok");
  }
}

}  // namespace
}  // namespace rtlgen::testing
