// softmax over the features of a token.
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "tests/support/graph_builder.hpp"
#include "tests/support/integer_model.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

Mantissas plain_softmax(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const Node& node = view.node;
  const Mantissas& x = *operands[0];
  const auto exp_width = static_cast<int>(node.integer("exp_width"));
  const int sum_width = exp_width + bits_for(x.cols());
  const int frac = static_cast<int>(node.integer("recip_width")) + sum_width - 1;
  Mantissas y(x.rows(), x.cols());
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    std::vector<std::int64_t> e;
    for (Eigen::Index f = 0; f < x.cols(); ++f) {
      const auto below_largest = static_cast<std::int64_t>(x(row, f) - x.row(row).maxCoeff());
      e.push_back(table_exp2(node.literal("exp_table").values, below_largest, 0, exp_width));
    }
    const std::int64_t sum = std::accumulate(e.begin(), e.end(), std::int64_t{0});
    const std::int64_t inverse = table_reciprocal(node.literal("recip_table").values, sum, sum_width,
                                                  static_cast<int>(node.integer("recip_lz_max")));
    for (Eigen::Index f = 0; f < x.cols(); ++f) {
      y(row, f) = static_cast<double>(
          to_format(Wide{e[static_cast<std::size_t>(f)]} * inverse, frac, node.quantizer("output")));
    }
  }
  return y;
}

Graph random_softmax(Dice& dice, int index) {
  CoreShape shape = random_shape(dice, index, 4);
  shape.mask = MaskKind::none;
  GraphBuilder builder(shape);
  const int features = dice.number(1, 8);
  const int exp_frac = dice.number(0, 6);
  Quantizer format = random_quantizer(dice, 2, 10, 0);
  format.format.integer = format.format.width - exp_frac;
  const auto x = builder.input(features, format);
  const int exp_width = dice.number(2, 14);
  Attributes attributes{{"output", random_quantizer(dice, 1, 14, 8)}};
  set_tables(attributes, {exp_frac, exp_width, dice.number(0, 8), dice.number(2, 10),
                          dice.number(0, exp_width + bits_for(features) - 1)});
  return builder.finish(builder.add("y", "softmax", attributes, {x}));
}

TEST_CASE("softmax: the golden model is its definition", "[softmax]") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_softmax(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 40), plain_softmax) == "");
  }
}

TEST_CASE("softmax: RTL equals golden to the bit and clock", "[softmax][rtl]") {
  for (unsigned seed = 1; seed <= 28; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_softmax(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 40), {seed}).verdict() == "ok");
  }
}

}  // namespace
}  // namespace rtlgen::testing
