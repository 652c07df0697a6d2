// add, table, argmax: one clock or so each, feature by feature or token by token.
#include <catch2/catch.hpp>

#include "primitives/add.hpp"
#include "primitives/argmax.hpp"
#include "primitives/table.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/integer_model.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

CoreShape maskless_shape(Dice& dice, int index) {
  CoreShape shape = random_shape(dice, index, 4);
  shape.mask = MaskKind::none;
  return shape;
}

Mantissas plain_add(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const Add& add = *view.node.as<Add>();
  const int frac_a = view.operand(0).frac;
  const int frac_b = view.operand(1).frac;
  const int frac = std::max(frac_a, frac_b);
  Mantissas y(operands[0]->rows(), operands[0]->cols());
  for (Eigen::Index i = 0; i < y.size(); ++i) {
    Wide sum = static_cast<std::int64_t>(operands[0]->data()[i]) * power_of_two(frac - frac_a) +
               static_cast<std::int64_t>(operands[1]->data()[i]) * power_of_two(frac - frac_b);
    if (add.relu && sum < 0) {
      sum = 0;
    }
    y.data()[i] = static_cast<double>(to_format(sum, frac, add.output));
  }
  return y;
}

Graph random_add(Dice& dice, int index) {
  GraphBuilder builder(maskless_shape(dice, index));
  const int features = dice.number(1, 4);
  const auto x = builder.input(2 * features, random_quantizer(dice, 2, 10, 4));
  const auto a = builder.select("a", x, 0, features, random_quantizer(dice, 1, 10, dice.number(-4, 8)));
  const auto b = builder.select("b", x, features, features, random_quantizer(dice, 1, 10, dice.number(0, 6)));
  Add add;
  add.relu = dice.percent(40);
  add.output = random_quantizer(dice, 1, 12, 3);
  return builder.finish(builder.add("y", add, {a, b}));
}

Mantissas plain_table(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const Table& table = *view.node.as<Table>();
  const Literal& values = table.values;
  const int size = values.shape.back();
  Mantissas y = *operands[0];
  const int bits = view.operand(0).width - (table.index_signed ? 0 : 1);
  const int low = table.index_low.value_or(0);
  for (Eigen::Index i = 0; i < y.size(); ++i) {
    const auto x = static_cast<std::int64_t>(y.data()[i]);
    const Wide unsigned_x = x < 0 ? x + power_of_two(bits) : Wide{x};
    const Wide high = floor_divide(unsigned_x * size, power_of_two(bits + low));  // bits_for(size) - low bits
    const auto address = static_cast<int>(high * power_of_two(low) + unsigned_x % power_of_two(low));
    const int row = values.shape.size() == 1 ? 0 : static_cast<int>(i % y.cols());
    y.data()[i] = static_cast<double>(values.values.at(static_cast<std::size_t>(row * size + address)));
  }
  return y;
}

Graph random_table(Dice& dice, int index) {
  GraphBuilder builder(maskless_shape(dice, index));
  Quantizer format = random_quantizer(dice, 1, 8, 3);
  const Quantizer output = random_quantizer(dice, 1, 12, 4);
  const int features = dice.number(1, 4);
  const auto x = builder.input(features, format);
  const bool has_gap = dice.percent(50);
  Table table;
  table.index_width = has_gap ? dice.number(1, format.format.width) : format.format.width;
  table.index_signed = format.format.is_signed;
  table.output = output;
  table.values.shape = {1 << table.index_width};
  const int rows = dice.percent(40) ? features : 1;
  if (rows > 1) {
    table.values.shape.insert(table.values.shape.begin(), features);
  }
  for (int i = 0; i < rows << table.index_width; ++i) {
    table.values.values.push_back(random_mantissa(dice, {output.lowest(), output.format.max()}));
  }
  if (has_gap) {
    table.index_low = dice.number(0, table.index_width);
  }
  return builder.finish(builder.add("y", table, {x}));
}

Mantissas plain_argmax(const NodeView& /*view*/, const std::vector<const Mantissas*>& operands) {
  const Mantissas& x = *operands[0];
  Mantissas y(x.rows(), 1);
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    Eigen::Index best = x.cols() - 1;
    for (Eigen::Index f = x.cols() - 1; f >= 0; --f) {  // from the end: the first of equals is left
      best = x(row, f) >= x(row, best) ? f : best;
    }
    y(row, 0) = static_cast<double>(best);
  }
  return y;
}

Graph random_argmax(Dice& dice, int index) {
  GraphBuilder builder(maskless_shape(dice, index));
  const auto x = builder.input(dice.number(1, 9), random_quantizer(dice, 1, 8, 3));
  return builder.finish(builder.add("y", Argmax(), {x}));
}

using MakeGraph = Graph (*)(Dice&, int);

void check_golden(MakeGraph make, PlainModel plain) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = make(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 40), plain) == "");
  }
}

void check_rtl(MakeGraph make) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = make(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 40), {seed}).verdict() == "ok");
  }
}

TEST_CASE("add: the golden model is its definition", "[add]") { check_golden(random_add, plain_add); }
TEST_CASE("add: RTL equals golden to the bit and clock", "[add][rtl]") { check_rtl(random_add); }
TEST_CASE("table: the golden model is its definition", "[table]") { check_golden(random_table, plain_table); }
TEST_CASE("table: RTL equals golden to the bit and clock", "[table][rtl]") { check_rtl(random_table); }
TEST_CASE("argmax: the golden model is the first largest feature", "[argmax]") {
  check_golden(random_argmax, plain_argmax);
}
TEST_CASE("argmax: RTL equals golden to the bit and clock", "[argmax][rtl]") { check_rtl(random_argmax); }

}  // namespace
}  // namespace rtlgen::testing
