// step_table: a function that changes at a few places, found by a binary search.
#include "primitives/step_table.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/support/graph_builder.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

Mantissas plain_step_table(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const Mantissas& x = *operands[0];
  const Literal& thresholds = view.node.as<StepTable>()->thresholds;
  const Literal& values = view.node.as<StepTable>()->values;
  const int size = thresholds.shape[1];
  Mantissas y(x.rows(), x.cols());
  for (Eigen::Index f = 0; f < x.cols(); ++f) {
    const Eigen::Index row = thresholds.shape[0] == 1 ? 0 : f;
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      int reached = 0;
      for (int t = 0; t < size; ++t) {
        reached += static_cast<double>(thresholds.values.at(static_cast<std::size_t>(row * size + t))) <= x(i, f);
      }
      y(i, f) = static_cast<double>(values.values.at(static_cast<std::size_t>(row * (size + 1) + reached)));
    }
  }
  return y;
}

StepTable step_table(const Literal& thresholds, const Literal& values, const Quantizer& output) {
  StepTable table;
  table.thresholds = thresholds;
  table.values = values;
  table.output = output;
  return table;
}

/// Thresholds anywhere among the operand's numbers, some of them equal; one row or one a feature.
Graph random_step_table(Dice& dice, int index) {
  CoreShape shape = random_shape(dice, index, 4);
  shape.mask = MaskKind::none;
  GraphBuilder builder(shape);
  const int features = dice.number(1, 4);
  const Quantizer format = random_quantizer(dice, 1, 20, 3);
  const Quantizer output = random_quantizer(dice, 1, 12, 4);
  const auto x = builder.input(features, format);
  const int rows = dice.percent(50) ? 1 : features;
  const int count = dice.percent(20) ? 1 : dice.number(1, 40);
  Literal thresholds{{rows, count}, {}};
  Literal values{{rows, count + 1}, {}};
  for (int row = 0; row < rows; ++row) {
    std::vector<std::int64_t> sorted;
    sorted.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) {
      sorted.push_back(random_mantissa(dice, {format.lowest(), format.format.max()}));
    }
    std::sort(sorted.begin(), sorted.end());
    thresholds.values.insert(thresholds.values.end(), sorted.begin(), sorted.end());
    for (int i = 0; i <= count; ++i) {
      values.values.push_back(random_mantissa(dice, {output.lowest(), output.format.max()}));
    }
  }
  return builder.finish(builder.add("y", step_table(thresholds, values, output), {x}));
}

TEST_CASE("step_table: the golden model is its definition", "[step_table]") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_step_table(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 40), plain_step_table) == "");
  }
}

TEST_CASE("step_table: RTL equals golden to the bit and clock", "[step_table][rtl]") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_step_table(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 40), {seed}).verdict() == "ok");
  }
}

TEST_CASE("step_table: a search among as many thresholds as may be", "[step_table][rtl]") {
  GraphBuilder builder({1, 1, MaskKind::none, 200});
  const auto x = builder.input(1, {Format{true, 14, 14}, Rounding::rnd, Overflow::sat});
  Literal thresholds{{1, 4095}, {}};
  Literal values{{1, 4096}, {0}};
  for (int i = 0; i < 4095; ++i) {
    thresholds.values.push_back(4 * i - 8190);
    values.values.push_back((i + 1) * 37 % 4096);
  }
  const Quantizer output{Format{false, 12, 12}, Rounding::rnd, Overflow::sat};
  const Graph graph = builder.finish(builder.add("y", step_table(thresholds, values, output), {x}));
  Dice dice(5);
  const IntegerEvents events = random_events(dice, graph, 300);
  CHECK(compare_with_plain_model(graph, events, plain_step_table) == "");
  CHECK(run_bench(graph, events, {1}).verdict() == "ok");
}

std::string complaint(const Literal& thresholds, const Literal& values) {
  GraphBuilder builder({1, 1, MaskKind::none, 200});
  const auto x = builder.input(2, {Format{true, 4, 4}, Rounding::rnd, Overflow::sat});
  try {
    builder.add("y", step_table(thresholds, values, {Format{true, 4, 4}, Rounding::rnd, Overflow::sat}), {x});
  } catch (const IrError& error) {
    return error.what();
  }
  return "none";
}

TEST_CASE("step_table: attributes that make no sense are named", "[step_table]") {
  using Values = std::vector<std::int64_t>;
  const auto with = [](const std::vector<int>& shape, const Values& thresholds, const Values& values) {
    return complaint({shape, thresholds}, {{shape.front(), shape.back() + 1}, values});
  };
  CHECK(with({1, 2}, {-8, 7}, {0, 1, 2}) == "none");
  CHECK(with({2, 1}, {-8, 7}, {0, 1, 2, 3}) == "none");
  CHECK(with({3, 1}, {1, 2, 3}, {0, 1, 2, 3, 4, 5}) ==
        "node 'y' (step_table): thresholds must have shape [1, n] or [2, n] with n up to 4095");
  CHECK(with({1, 2}, {2, 1}, {0, 1, 2}) == "node 'y' (step_table): a threshold is below the one before");
  CHECK(with({1, 2}, {2, 8}, {0, 1, 2}) == "node 'y' (step_table): a threshold is outside the operand's width");
  CHECK(with({1, 2}, {2, 3}, {0, 1, 8}) == "node 'y' (step_table): a value does not fit the output format");
}

}  // namespace
}  // namespace rtlgen::testing
