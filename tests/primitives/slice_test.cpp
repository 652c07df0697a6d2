// slice: some features of a tensor, in a coarser format.
#include "primitives/slice.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/support/graph_builder.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

Mantissas plain_slice(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const Slice& slice = *view.node.as<Slice>();
  Mantissas y(operands[0]->rows(), slice.count);
  const int dropped = view.operand(0).frac - slice.output.format.frac();
  for (Eigen::Index row = 0; row < y.rows(); ++row) {
    for (Eigen::Index f = 0; f < y.cols(); ++f) {
      y(row, f) = std::floor(std::ldexp((*operands[0])(row, slice.first + f), -dropped));
    }
  }
  return y;
}

/// A slice of the input, behind a register: a core of wires alone has no latency to be checked.
Graph random_slice(Dice& dice, int index) {
  CoreShape shape = random_shape(dice, index, 4);
  shape.mask = MaskKind::none;
  GraphBuilder builder(shape);
  const int features = dice.number(1, 6);
  const Quantizer format = random_quantizer(dice, 1, 10, 4);
  const auto x = builder.quantize("x", builder.input(features, format), format);
  const int dropped = dice.number(0, format.format.width - 1);
  Quantizer output = format;
  output.format.width -= dropped;
  const int first = dice.number(0, features - 1);
  return builder.finish(builder.add("y", Slice(first, dice.number(1, features - first), output), {x}));
}

TEST_CASE("slice: the golden model is its definition", "[slice]") {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_slice(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 20), plain_slice) == "");
  }
}

TEST_CASE("slice: RTL equals golden to the bit and clock", "[slice][rtl]") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_slice(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 30), {seed}).verdict() == "ok");
  }
}

TEST_CASE("slice: features and formats that the operand does not have are errors", "[slice]") {
  const auto slice = [](int first, int count, const Quantizer& output) {
    GraphBuilder builder({2, 1, MaskKind::none, 200});
    const auto x = builder.input(3, signed_quantizer(6, 2));
    builder.add("y", Slice(first, count, output), {x});
  };
  CHECK_NOTHROW(slice(1, 2, signed_quantizer(6, 2)));
  CHECK_NOTHROW(slice(0, 3, signed_quantizer(4, 0)));
  CHECK_THROWS_AS(slice(2, 2, signed_quantizer(6, 2)), IrError);
  CHECK_THROWS_AS(slice(-1, 2, signed_quantizer(6, 2)), IrError);
  CHECK_THROWS_AS(slice(3, 1, signed_quantizer(6, 2)), IrError);
  CHECK_THROWS_AS(slice(0, 0, signed_quantizer(6, 2)), IrError);
  CHECK_THROWS_AS(slice(0, 1, signed_quantizer(6, 3)), IrError);  // finer
  CHECK_THROWS_AS(slice(0, 1, signed_quantizer(7, 2)), IrError);  // wider
  CHECK_THROWS_AS(slice(0, 1, signed_quantizer(5, 2)), IrError);  // does not hold what can occur
}

}  // namespace
}  // namespace rtlgen::testing
