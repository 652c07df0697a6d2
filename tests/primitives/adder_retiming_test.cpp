// The registers of adder graphs are as few as can be.
#include "primitives/cmvm/adder_retiming.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <optional>
#include <stdexcept>
#include <vector>

#include "primitives/cmvm/adder_pipeline.hpp"
#include "primitives/cmvm/constant_matrix.hpp"
#include "tests/support/dice.hpp"

namespace rtlgen::testing {
namespace {

/// Of `size` / 2 to `size` inputs and outputs.
AdderGraph random_product(Dice& dice, int size, int levels) {
  const int inputs = dice.number(size / 2, size);
  const int outputs = dice.number(size / 2, size);
  Literal weight{{outputs, inputs}, {}};
  Literal bias{{outputs}, {}};
  for (int i = 0; i < inputs * outputs; ++i) {
    weight.values.push_back(dice.between(-200, 200));
  }
  for (int o = 0; o < outputs; ++o) {
    bias.values.push_back(dice.percent(70) ? 0 : dice.between(-200, 200));
  }
  std::vector<Interval> ranges;
  for (int i = 0; i < inputs; ++i) {
    const std::int64_t low = dice.number(-100, 100);
    ranges.push_back({low, low + dice.number(0, 200)});
  }
  return solve_constant_matrix(weight, bias, ranges, {Effort::fast, {}, levels});
}

/// Up to five adders, of anything before them; some values are constant, some are not read. Some adders have three
/// operands if `ternary`.
AdderGraph tiny_graph(Dice& dice, bool ternary) {
  AdderGraph graph;
  for (int i = dice.number(1, 3); i > 0; --i) {
    const std::int64_t low = dice.number(-20, 20);
    graph.nodes.push_back(
        {AdderGraph::Kind::input, -1, -1, 0, 0, false, {low, low + dice.pick<int>({0, 1, 15, 200})}, 0});
  }
  if (dice.percent(20)) {
    graph.nodes.push_back({AdderGraph::Kind::constant, -1, -1, 0, 0, false, {7, 7}, 0});
  }
  for (int i = dice.number(1, 5); i > 0; --i) {
    const auto nodes = static_cast<int>(graph.nodes.size());
    const int a = dice.percent(60) ? nodes - 1 : dice.below(nodes);
    const int b = dice.below(nodes);
    const AdderGraph::Node& left = graph.nodes[static_cast<std::size_t>(a)];
    const AdderGraph::Node& right = graph.nodes[static_cast<std::size_t>(b)];
    const int shift = dice.below(4);
    const Interval sum = left.interval + (1 << shift) * right.interval;
    AdderGraph::Node adder{AdderGraph::Kind::adder, a, b, 0, shift, false, sum, 0};
    if (ternary && dice.percent(50)) {
      adder.c = dice.below(nodes);
      adder.interval = sum + graph.nodes[static_cast<std::size_t>(adder.c)].interval;
    }
    adder.level = graph.level_of(adder);
    graph.nodes.push_back(adder);
  }
  for (int i = dice.number(1, 3); i > 0; --i) {
    const auto nodes = static_cast<int>(graph.nodes.size());
    graph.outputs.push_back({dice.percent(10) ? -1 : nodes - 1 - dice.below(dice.number(1, nodes)), 0});
  }
  return graph;
}

/// All stages of all wires, tried one after the other; of the best the earliest. None where nothing is allowed.
std::optional<std::vector<int>> tried_out(const AdderGraph& graph, int levels, int output_stage, int output_levels) {
  AdderPipeline pipeline = make_adder_pipeline(graph, std::vector<int>(graph.nodes.size(), 0), output_stage);
  std::vector<std::size_t> adders;
  for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
    if (graph.nodes[id].kind == AdderGraph::Kind::adder && pipeline.is_wire(static_cast<int>(id))) {
      adders.push_back(id);
    }
  }
  std::vector<int> stage(graph.nodes.size(), 0);
  int fewest = std::numeric_limits<int>::max();
  std::optional<std::vector<int>> earliest;
  while (true) {
    const bool in_order = std::all_of(adders.begin(), adders.end(), [&](std::size_t id) {
      const std::vector<AdderGraph::Operand> operands = graph.nodes[id].operands();
      return std::all_of(operands.begin(), operands.end(), [&](const AdderGraph::Operand& operand) {
        return stage[static_cast<std::size_t>(operand.node)] <= stage[id];
      });
    });
    if (in_order) {
      pipeline = make_adder_pipeline(graph, stage, output_stage);
      if (pipeline.problem(levels, output_levels).empty()) {
        const int bits = pipeline.register_bits();
        if (bits < fewest) {
          earliest = stage;
        } else if (bits == fewest) {
          std::transform(stage.begin(), stage.end(), earliest->begin(), earliest->begin(),
                         [](int a, int b) { return std::min(a, b); });
        }
        fewest = std::min(fewest, bits);
      }
    }
    std::size_t digit = 0;
    while (digit < adders.size() && stage[adders[digit]] == output_stage) {
      stage[adders[digit++]] = 0;
    }
    if (digit == adders.size()) {
      return earliest;
    }
    ++stage[adders[digit]];
  }
}

void check_tiny_graphs(bool ternary) {
  int solved = 0;
  int moved = 0;
  for (unsigned seed = 1; seed <= 1000; ++seed) {
    Dice dice(seed);
    const AdderGraph graph = tiny_graph(dice, ternary);
    const int levels = dice.number(0, 4);
    const int output_stage = dice.number(0, 3);
    const int output_levels = dice.number(0, levels + 1);
    CAPTURE(seed, levels, output_stage, output_levels);
    const auto expected = tried_out(graph, levels, output_stage, output_levels);
    if (!expected) {
      CHECK_THROWS_AS(retimed_stages(graph, levels, output_stage, output_levels), std::invalid_argument);
      continue;
    }
    ++solved;
    CHECK(retimed_stages(graph, levels, output_stage, output_levels) == *expected);
    const AdderPipeline pipeline = make_adder_pipeline(graph, *expected, output_stage);
    const std::vector<int> earliest = earliest_stages(graph, levels);
    for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
      if (pipeline.is_wire(static_cast<int>(id)) && (*expected)[id] != earliest[id]) {
        ++moved;
        break;
      }
    }
  }
  CHECK(solved > 500);
  CHECK(solved < 1000);
  CHECK(moved > 50);
}

TEST_CASE("adder retiming: tiny graphs are cut as by trying all stages", "[adder_graph]") { check_tiny_graphs(false); }

TEST_CASE("adder retiming: so are those with adders of three operands", "[adder_graph][ternary]") {
  check_tiny_graphs(true);
}

TEST_CASE("adder retiming: products need no more bits than in the earliest stages", "[adder_graph][slow]") {
  for (int levels = 1; levels <= 4; ++levels) {
    int fewer = 0;
    for (unsigned seed = 1; seed <= 40; ++seed) {
      Dice dice(seed);
      const AdderGraph graph = random_product(dice, 10, levels);
      const int output_stage = stages_needed(graph, levels);
      CAPTURE(levels, seed);
      const AdderPipeline earliest = make_adder_pipeline(graph, earliest_stages(graph, levels), output_stage);
      REQUIRE(earliest.problem(levels, levels) == "");
      const AdderPipeline retimed =
          make_adder_pipeline(graph, retimed_stages(graph, levels, output_stage, levels), output_stage);
      CHECK(retimed.problem(levels, levels) == "");
      CHECK(retimed.latency() == earliest.latency());
      CHECK(retimed.adders() == earliest.adders());
      CHECK(retimed.register_bits() <= earliest.register_bits());
      fewer += retimed.register_bits() < earliest.register_bits() ? 1 : 0;
    }
    CAPTURE(levels);
    CHECK(fewer > 5);
  }
}

TEST_CASE("adder retiming: an adder waits where its operands are narrower", "[adder_graph]") {
  // x0 and x1 of 8 bits are needed until the end; their sum of 9 bits need not wait beside them.
  AdderGraph graph;
  for (int i = 0; i < 2; ++i) {
    graph.nodes.push_back({AdderGraph::Kind::input, -1, -1, 0, 0, false, {-128, 127}, 0});
  }
  graph.nodes.push_back({AdderGraph::Kind::adder, 0, 1, 0, 0, false, {-256, 254}, 1});
  graph.outputs = {{0, 0}, {1, 0}, {2, 0}};
  CHECK(retimed_stages(graph, 2, 3, 0) == std::vector<int>{0, 0, 3});
  CHECK(retimed_stages(graph, 2, 3, 1) == std::vector<int>{0, 0, 3});
  CHECK(retimed_stages(graph, 2, 3, 2) == std::vector<int>{0, 0, 2});
  CHECK(retimed_stages(graph, 2, 3, 9) == std::vector<int>{0, 0, 2});
  CHECK(retimed_stages(graph, 0, 3, 0) == std::vector<int>{0, 0, 3});
  // Without them it is the narrower of the two ways to wait.
  graph.outputs = {{2, 0}};
  CHECK(retimed_stages(graph, 2, 3, 0) == std::vector<int>{0, 0, 0});
  CHECK_THROWS_AS(retimed_stages(graph, 1, 0, 1), std::invalid_argument);
  CHECK(retimed_stages({}, 2, 1, 2).empty());
}

TEST_CASE("adder retiming: no number of levels is too large", "[adder_graph]") {
  Dice dice(1);
  const AdderGraph graph = random_product(dice, 10, 2);
  REQUIRE(graph.depth() > 2);
  constexpr int kMany = std::numeric_limits<int>::max();
  CHECK(retimed_stages(graph, kMany, 2, kMany) == retimed_stages(graph, graph.depth(), 2, graph.depth()));
  CHECK(retimed_stages(graph, kMany, 2, 0) == retimed_stages(graph, 0, 2, 0));
}

}  // namespace
}  // namespace rtlgen::testing
