// softmax over groups of features of a token, or of the keys of an event, with tables of its own.
#include "primitives/table_softmax.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "tests/support/graph_builder.hpp"
#include "tests/support/integer_model.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

/// The entry that a number with `frac` fraction bits leads to.
std::int64_t look_up(const LookupStage& stage, Wide x, int frac) {
  const std::vector<std::int64_t>& values = stage.table.values;
  const auto entries = static_cast<std::int64_t>(values.size());
  const std::int64_t code = to_format(x, frac, stage.index);
  return values[static_cast<std::size_t>(code < 0 ? code + entries : code)];
}

Mantissas plain_table_softmax(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const auto& softmax = *view.node.as<TableSoftmax>();
  const Mantissas& x = *operands[0];
  const int frac = softmax.exp.frac + softmax.inv.frac;
  const Eigen::Index count = x.cols() / softmax.groups;
  Mantissas y(x.rows(), x.cols());
  for (Eigen::Index row = 0; row < x.rows(); ++row) {
    const Eigen::Index top = row / view.operand(0).tokens * view.operand(0).tokens;
    for (Eigen::Index first = 0; first < x.cols(); first += count) {
      std::vector<std::int64_t> e;
      for (Eigen::Index f = 0; f < count; ++f) {
        const double largest = x.row(row).segment(first, count).maxCoeff();
        const auto below_largest = static_cast<std::int64_t>(largest - x(row, first + f));
        const bool real = operands.size() == 1 || (*operands[1])(top + f, 0) == 1;
        e.push_back(real ? look_up(softmax.exp, below_largest, view.operand(0).frac) : 0);
      }
      const std::int64_t sum = std::accumulate(e.begin(), e.end(), std::int64_t{0});
      const std::int64_t inverse = look_up(softmax.inv, sum, softmax.exp.frac);
      for (Eigen::Index f = 0; f < count; ++f) {
        y(row, first + f) =
            static_cast<double>(to_format(Wide{e[static_cast<std::size_t>(f)]} * inverse, frac, softmax.output));
      }
    }
  }
  return y;
}

/// How large a graph may be.
struct Limits {
  int least_bits = 1;  ///< of a table's index
  int most_bits = 7;
  int features = 9;
};

/// An index and a table of any entries.
LookupStage random_stage(Dice& dice, int frac, const Limits& limits) {
  LookupStage stage;
  stage.index = random_quantizer(dice, limits.least_bits, limits.most_bits, frac);
  const int entries = 1 << stage.index.format.width;
  const std::int64_t largest = (std::int64_t{1} << dice.number(1, dice.percent(10) ? 24 : 12)) - 1;
  stage.table.shape = {entries};
  while (stage.table.values.size() < static_cast<std::size_t>(entries)) {
    stage.table.values.push_back(random_mantissa(dice, {0, largest}));
  }
  stage.frac = dice.number(0, 12);
  return stage;
}

Graph random_table_softmax(Dice& dice, int index, const Limits& limits = {}) {
  CoreShape shape = random_shape(dice, index, 6);
  if (dice.percent(40)) {
    shape.mask = MaskKind::none;
  }
  TableSoftmax softmax;
  softmax.groups = dice.number(1, 3);
  const int count = shape.mask == MaskKind::none ? dice.number(1, limits.features) : shape.tokens;
  GraphBuilder builder(shape);
  const Quantizer format = random_quantizer(dice, 1, 10, dice.number(-2, 6));
  const auto x = builder.input(softmax.groups * count, format);
  softmax.exp = random_stage(dice, format.format.frac() - dice.number(-1, 4), limits);
  softmax.inv = random_stage(dice, softmax.exp.frac - dice.number(-1, 8), limits);
  softmax.output = random_quantizer(dice, 1, 16, softmax.exp.frac + softmax.inv.frac - dice.number(0, 12));
  return builder.finish(builder.add("y", softmax, builder.with_mask({x})));
}

TEST_CASE("table_softmax: the golden model is its definition", "[table_softmax]") {
  for (unsigned seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_table_softmax(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 40), plain_table_softmax) == "");
  }
}

TEST_CASE("table_softmax: tables that do not fit their indices are refused", "[table_softmax]") {
  GraphBuilder builder({});
  const auto x = builder.input(4, signed_quantizer(8, 4));
  const Quantizer index{Format{false, 3, 1}, Rounding::rnd, Overflow::sat};
  TableSoftmax good;
  good.exp = {index, {{8}, {8, 7, 6, 5, 4, 3, 2, 1}}, 3};
  good.inv = good.exp;
  good.output = signed_quantizer(8, 6);
  CHECK_NOTHROW(builder.add("good", good, {x}));
  const auto refusal = [&good](auto change) {
    TableSoftmax changed = good;
    change(changed);
    try {
      GraphBuilder other({});
      const auto y = other.input(4, signed_quantizer(8, 4));
      other.add("y", changed, {y});
    } catch (const IrError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  const std::string head = "node 'y' (table_softmax): ";
  CHECK(refusal([](TableSoftmax& softmax) {
          softmax.exp.table = {{4}, {1, 2, 3, 4}};
        }) == head + "literal 'exp_table' has a wrong shape");
  CHECK(refusal([](TableSoftmax& softmax) { softmax.inv.table.values.back() = -1; }) ==
        head + "an entry of inv_table is not one of 0 to 2^24 - 1");
  CHECK(refusal([](TableSoftmax& softmax) { softmax.exp.table.values.front() = 1 << 24; }) ==
        head + "an entry of exp_table is not one of 0 to 2^24 - 1");
  CHECK(refusal([](TableSoftmax& softmax) { softmax.inv.index = signed_quantizer(13, 4); }) ==
        head + "inv_index must have 1 to 12 bits");
  CHECK(refusal([](TableSoftmax& softmax) { softmax.exp.frac = 65; }) == head + "exp_frac must be -64 to 64");
}

TEST_CASE("table_softmax: RTL equals golden to the bit and clock", "[table_softmax][rtl]") {
  for (unsigned seed = 1; seed <= 28; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_table_softmax(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 40), {seed}).verdict() == "ok");
  }
}

TEST_CASE("table_softmax: the largest tables work as well", "[table_softmax][rtl]") {
  constexpr unsigned kSeed = 3;
  Dice dice(kSeed);
  const Graph graph = random_table_softmax(dice, 1, {12, 12, 2});
  const IntegerEvents events = random_events(dice, graph, 20);
  CHECK(compare_with_plain_model(graph, events, plain_table_softmax) == "");
  CHECK(run_bench(graph, events, {kSeed, 2}).verdict() == "ok");
}

}  // namespace
}  // namespace rtlgen::testing
