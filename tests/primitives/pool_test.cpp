// pool: mean, sum and maximum of an event's tokens.
#include "primitives/pool.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/graph_builder.hpp"
#include "tests/support/integer_model.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

Mantissas plain_pool(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const Pool& pool = *view.node.as<Pool>();
  const Mantissas& x = *operands[0];
  const int tokens = view.operand(0).tokens;
  const int scale_frac = pool.mode == PoolMode::mean ? pool.scale_width - 1 : 0;
  Mantissas y(x.rows() / tokens, x.cols());
  for (Eigen::Index event = 0; event < y.rows(); ++event) {
    for (Eigen::Index f = 0; f < y.cols(); ++f) {
      std::vector<std::int64_t> values;
      for (Eigen::Index row = event * tokens; row < (event + 1) * tokens; ++row) {
        if (operands.size() == 1 || (*operands[1])(row, 0) == 1) {
          values.push_back(static_cast<std::int64_t>(x(row, f)));
        }
      }
      Wide result = 0;
      for (const std::int64_t value : values) {
        result += value;
      }
      if (pool.mode == PoolMode::max) {
        result = values.empty() ? 0 : *std::max_element(values.begin(), values.end());
      } else if (pool.mode == PoolMode::mean) {
        result *= pool.scales.values[values.size()];
      }
      y(event, f) = static_cast<double>(to_format(result, view.operand(0).frac + scale_frac, pool.output));
    }
  }
  return y;
}

Graph random_pool(Dice& dice, int index) {
  const CoreShape shape = random_shape(dice, index, 9);
  GraphBuilder builder(shape);
  const auto x = builder.input(dice.number(1, 4), random_quantizer(dice, 1, 10, 4));
  const int frac = builder.graph().node(x).type.frac;
  Pool pool;
  pool.mode = std::vector{PoolMode::mean, PoolMode::sum, PoolMode::max}[static_cast<std::size_t>(index % 3)];
  pool.output = random_quantizer(dice, 1, 12, frac + dice.number(-3, 2));
  if (pool.mode == PoolMode::mean) {
    pool.scale_width = dice.number(2, 16);
    pool.scales = make_mean_scales(shape.tokens, pool.scale_width);
  }
  return builder.finish(builder.add("y", pool, builder.with_mask({x})));
}

TEST_CASE("pool: the golden model is its definition", "[pool]") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_pool(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 40), plain_pool) == "");
  }
}

TEST_CASE("pool: RTL equals golden to the bit and clock", "[pool][rtl]") {
  for (unsigned seed = 1; seed <= 36; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_pool(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 30), {seed}).verdict() == "ok");
  }
}

}  // namespace
}  // namespace rtlgen::testing
