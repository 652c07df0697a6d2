// softmax over groups of features of a token, or of the keys of an event.
#include "primitives/softmax.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <numeric>

#include "tests/support/graph_builder.hpp"
#include "tests/support/integer_model.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

Mantissas plain_softmax(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const auto& softmax = *view.node.as<Softmax>();
  const SoftmaxTables& tables = softmax.tables;
  const Mantissas& x = *operands[0];
  const Eigen::Index count = x.cols() / softmax.groups;
  const int sum_width = tables.exp_width + bits_for(count);
  const int frac = tables.recip_width + sum_width - 1;
  Mantissas y(x.rows(), x.cols());
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    const Eigen::Index top = row / view.operand(0).tokens * view.operand(0).tokens;
    const auto real = [&](Eigen::Index f) { return operands.size() == 1 || (*operands[1])(top + f, 0) == 1; };
    for (Eigen::Index first = 0; first < x.cols(); first += count) {
      std::int64_t largest = std::numeric_limits<std::int64_t>::min();
      for (Eigen::Index f = 0; f < count; ++f) {
        largest = real(f) ? std::max(largest, static_cast<std::int64_t>(x(row, first + f))) : largest;
      }
      std::vector<std::int64_t> e(static_cast<std::size_t>(count));
      for (Eigen::Index f = 0; f < count; ++f) {
        if (real(f)) {
          const auto below_largest = static_cast<std::int64_t>(x(row, first + f)) - largest;
          e[static_cast<std::size_t>(f)] = table_exp2(tables.exp_table.values, below_largest, 0, tables.exp_width);
        }
      }
      const std::int64_t sum = std::accumulate(e.begin(), e.end(), std::int64_t{0});
      const std::int64_t inverse = table_reciprocal(tables.recip_table.values, sum, sum_width, tables.recip_lz_max);
      for (Eigen::Index f = 0; f < count; ++f) {
        y(row, first + f) =
            static_cast<double>(to_format(Wide{e[static_cast<std::size_t>(f)]} * inverse, frac, softmax.output));
      }
    }
  }
  return y;
}

Graph random_softmax(Dice& dice, int index) {
  CoreShape shape = random_shape(dice, index, 6);
  if (dice.percent(40)) {
    shape.mask = MaskKind::none;
  }
  GraphBuilder builder(shape);
  Softmax softmax;
  softmax.groups = dice.number(1, 3);
  const int count = shape.mask == MaskKind::none ? dice.number(1, 8) : shape.tokens;
  const int exp_frac = dice.number(0, 6);
  Quantizer format = random_quantizer(dice, 2, 10, 0);
  format.format.integer = format.format.width - exp_frac;
  const auto x = builder.input(softmax.groups * count, format);
  const int exp_width = dice.number(2, 14);
  softmax.output = random_quantizer(dice, 1, 14, 8);
  set_tables(softmax.tables, {exp_frac, exp_width, dice.number(0, 8), dice.number(2, 10),
                              dice.number(0, exp_width + bits_for(count) - 1)});
  return builder.finish(builder.add("y", softmax, builder.with_mask({x})));
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
