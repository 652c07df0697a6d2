// concat: features side by side.
#include "primitives/concat.hpp"

#include <catch2/catch.hpp>

#include "tests/support/graph_builder.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

Graph random_concat(Dice& dice, int index) {
  CoreShape shape = random_shape(dice, index, 5);
  shape.mask = MaskKind::none;
  GraphBuilder builder(shape);
  const auto x = builder.input(4, random_quantizer(dice, 2, 8, 3));
  const auto a = builder.quantize("a", x, random_quantizer(dice, 1, 9, 2));
  const auto b = builder.select("b", x, 1, 2, random_quantizer(dice, 1, 9, 5));
  return builder.finish(builder.add("y", Concat(), dice.percent(50) ? std::vector{a, b} : std::vector{b, x, a}));
}

Mantissas plain_concat(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  Mantissas y(operands[0]->rows(), view.node.type.features);
  for (Eigen::Index row = 0; row < y.rows(); ++row) {
    Eigen::Index f = 0;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      for (Eigen::Index g = 0; g < operands[i]->cols(); ++g) {
        y(row, f++) = (*operands[i])(row, g) * std::exp2(view.node.type.frac - view.operand(i).frac);
      }
    }
  }
  return y;
}

TEST_CASE("concat: the golden model is its definition", "[concat]") {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_concat(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 40), plain_concat) == "");
  }
}

TEST_CASE("concat: RTL equals golden", "[concat][rtl]") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_concat(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 24), {seed}).verdict() == "ok");
  }
}

}  // namespace
}  // namespace rtlgen::testing
