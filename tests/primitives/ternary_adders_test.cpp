// Adders of three operands: which are merged, what they cost, and the cell.
#include "primitives/cmvm/ternary_adders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "primitives/adder_graph_literals.hpp"
#include "primitives/cmvm/adder_cost.hpp"
#include "primitives/cmvm/adder_pipeline.hpp"
#include "primitives/cmvm/adder_retiming.hpp"
#include "primitives/cmvm/constant_matrix.hpp"
#include "primitives/cmvm/ternary_levels.hpp"
#include "rtlgen/files/text_file.hpp"
#include "rtlgen/netlist/rtl_library.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/tools.hpp"

namespace rtlgen::testing {
namespace {

/// Coefficients of all nodes of a small graph.
LinearForms all_forms(const AdderGraph& graph) {
  LinearForms result;
  for_linear_forms(graph, [&](std::size_t /*first*/, const LinearForms& forms) { result = forms; });
  return result;
}

using Node = AdderGraph::Node;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

struct Product {
  Literal weight;
  Literal bias;
  std::vector<Interval> ranges;
};

Product random_product(Dice& dice, int size, int bound) {
  const int inputs = dice.number(1, size);
  const int outputs = dice.number(1, size);
  Product product{{{outputs, inputs}, {}}, {{outputs}, {}}, {}};
  for (int i = 0; i < inputs * outputs; ++i) {
    product.weight.values.push_back(dice.percent(20) ? 0 : dice.between(-bound, bound));
  }
  for (int o = 0; o < outputs; ++o) {
    product.bias.values.push_back(dice.percent(50) ? 0 : dice.between(-bound, bound));
  }
  for (int i = 0; i < inputs; ++i) {
    const std::int64_t low = dice.number(-100, 100);
    product.ranges.push_back({low, low + dice.number(0, 200)});
  }
  return product;
}

AdderGraph solved(const Product& product, int levels) {
  return solve_constant_matrix(product.weight, product.bias, product.ranges, {Effort::fast, 0, levels, 0, false});
}

int ternary_adders(const AdderGraph& graph) {
  return static_cast<int>(
      std::count_if(graph.nodes.begin(), graph.nodes.end(), [](const Node& node) { return node.is_ternary(); }));
}

AdderGraph graph_over(const std::vector<Interval>& inputs) {
  AdderGraph graph;
  for (const Interval& input : inputs) {
    graph.nodes.push_back({AdderGraph::Kind::input, -1, -1, 0, 0, false, input, 0});
  }
  return graph;
}

/// Appends an adder of shifted nodes, the second one negative if `subtract`.
int append(AdderGraph& graph, int a, int b, int shift_b, bool subtract) {
  Node node{AdderGraph::Kind::adder, a, b, 0, shift_b, subtract, {}, 0};
  node.interval =
      graph.nodes[at(a)].interval + (subtract ? -1 : 1) * ((std::int64_t{1} << shift_b) * graph.nodes[at(b)].interval);
  node.level = graph.level_of(node);
  graph.nodes.push_back(node);
  return static_cast<int>(graph.nodes.size()) - 1;
}

TEST_CASE("ternary adders: the cost of three operands", "[ternary]") {
  const Interval byte{-128, 127};
  const Interval zero{0, 0};
  // A LUT a bit, and one for what the sign bits hand on; two adders take 8 and 9.
  CHECK(adder_luts({{byte, 0, false}, {byte, 0, false}, {byte, 0, false}}) == 9);
  CHECK(adder_luts({{byte, 0, false}, {byte, 0, false}, {byte, 0, true}}) == 9);
  // Bits below the second lowest operand pass.
  CHECK(adder_luts({{byte, 0, false}, {byte, 3, false}, {byte, 3, false}}) == 9);
  CHECK(adder_luts({{{0, 15}, 0, false}, {{0, 15}, 4, false}, {{0, 15}, 8, false}}) == 0);
  // Unsigned: four bits where three meet, one for what they hand on, and no more above that.
  CHECK(adder_luts({{{0, 255}, 0, false}, {{0, 15}, 0, false}, {{0, 15}, 0, false}}) == 5);
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    Dice dice(seed);
    std::vector<AdderOperand> operands;
    for (int i = 0; i < 3; ++i) {
      const std::int64_t low = dice.between(-200, 200);
      operands.push_back({{low, low + dice.number(0, 300)}, dice.below(6), i > 0 && dice.percent(50)});
    }
    const int three = adder_luts(operands);
    CAPTURE(seed, three);
    const std::vector<AdderOperand> two = {operands[1], operands[2]};
    // Without one operand it is an adder of two, in whatever order.
    if (adder_luts({two[0], two[1], {zero, dice.below(6), false}}) != adder_luts(two) ||
        adder_luts({two[1], {zero, 0, false}, two[0]}) != adder_luts(two)) {
      FAIL("a zero costs something");
    }
    std::rotate(operands.begin(), operands.begin() + dice.below(3), operands.end());
    if (adder_luts(operands) != three) {
      FAIL("depends on the order");
    }
  }
}

/// A pair that could be one adder, and what that saves.
struct Pair {
  std::size_t child;
  std::size_t parent;
  int bits;
  std::vector<AdderGraph::Operand> operands;
};

std::vector<Pair> all_pairs(const AdderGraph& graph) {
  std::vector<Pair> pairs;
  for (std::size_t parent = 0; parent < graph.nodes.size(); ++parent) {
    for (std::size_t child = 0; child < parent; ++child) {
      int reads = 0;
      for (const Node& node : graph.nodes) {
        for (const AdderGraph::Operand& operand : node.operands()) {
          reads += at(operand.node) == child ? 1 : 0;
        }
      }
      for (const AdderGraph::Output& output : graph.outputs) {
        reads += output.node == static_cast<int>(child) ? 1 : 0;
      }
      Pair pair{child, parent, 0, {}};
      bool reads_child = false;
      int negative = 0;
      std::vector<AdderOperand> cost;
      for (const AdderGraph::Operand& outer : graph.nodes[parent].operands()) {
        reads_child = reads_child || at(outer.node) == child;
        std::vector<AdderGraph::Operand> list = {outer};
        if (at(outer.node) == child) {
          list = graph.nodes[child].operands();
          for (AdderGraph::Operand& inner : list) {
            inner.shift += outer.shift;
            inner.negative = inner.negative != outer.negative;
          }
        }
        for (const AdderGraph::Operand& operand : list) {
          negative += operand.negative ? 1 : 0;
          cost.push_back({graph.nodes[at(operand.node)].interval, operand.shift, operand.negative});
          pair.operands.push_back(operand);
        }
      }
      if (reads == 1 && reads_child && graph.nodes[child].kind == AdderGraph::Kind::adder && negative <= 2) {
        pair.bits = graph.adder_bits(graph.nodes[child]) + graph.adder_bits(graph.nodes[parent]) - adder_luts(cost);
        if (pair.bits > 0) {
          pairs.push_back(pair);
        }
      }
    }
  }
  return pairs;
}

/// Levels until the last output, with some pairs merged.
int levels_with(const AdderGraph& graph, const std::vector<const Pair*>& merged, int levels) {
  std::vector<int> ready;
  int last = 0;
  for (std::size_t id = 0; id < graph.nodes.size(); ++id) {
    const auto found = std::find_if(merged.begin(), merged.end(), [&](const Pair* p) { return p->parent == id; });
    const bool three = found != merged.end();
    int latest = 0;
    for (const AdderGraph::Operand& operand : three ? (*found)->operands : graph.nodes[id].operands()) {
      latest = std::max(latest, ready[at(operand.node)]);
    }
    const int own = graph.nodes[id].kind == AdderGraph::Kind::adder ? (three ? 2 : 1) : 0;
    while (levels > 0 && own > 0 && latest / levels != (latest + own - 1) / levels) {
      ++latest;
    }
    ready.push_back(latest + own);
  }
  for (const AdderGraph::Output& output : graph.outputs) {
    last = output.node < 0 ? last : std::max(last, ready[at(output.node)]);
  }
  return last;
}

/// The most that disjoint pairs save, tried one set after the other.
int tried_out(const AdderGraph& graph, const std::vector<Pair>& pairs, int levels, int limit) {
  int most = 0;
  for (unsigned set = 0; set < 1U << pairs.size(); ++set) {
    std::vector<const Pair*> merged;
    std::vector<int> in(graph.nodes.size(), 0);
    int saved = 0;
    bool disjoint = true;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if ((set >> i & 1) != 0) {
        merged.push_back(&pairs[i]);
        saved += pairs[i].bits;
        disjoint = disjoint && ++in[pairs[i].child] == 1 && ++in[pairs[i].parent] == 1;
      }
    }
    if (disjoint && saved > most && levels_with(graph, merged, levels) <= limit) {
      most = saved;
    }
  }
  return most;
}

TEST_CASE("ternary adders: as many bits are saved as by trying all pairs", "[ternary]") {
  int free_of_time = 0;
  int short_of_time = 0;
  int best = 0;
  for (unsigned seed = 1; seed <= 400; ++seed) {
    Dice dice(seed);
    const int levels = dice.pick<int>({0, 2, 3, 4, 20});
    const AdderGraph graph = solved(random_product(dice, 4, 60), levels);
    const std::vector<Pair> pairs = all_pairs(graph);
    if (pairs.empty() || pairs.size() > 12) {
      continue;
    }
    CAPTURE(seed, levels, pairs.size());
    const int needed = levels_with(graph, {}, levels);
    REQUIRE(needed == graph.depth());
    const int limit = levels == 0 ? needed : (needed + levels - 1) / levels * levels;
    const AdderGraph merged = with_ternary_adders(graph, levels);
    CHECK(levels_needed(merged, levels) <= limit);
    const int saved = graph.adder_bits() - merged.adder_bits();
    const int unlimited = tried_out(graph, pairs, 0, std::numeric_limits<int>::max());
    const int possible = tried_out(graph, pairs, levels, limit);
    CHECK(saved <= possible);
    if (possible == unlimited) {
      ++free_of_time;
      CHECK(saved == possible);
    } else {
      ++short_of_time;
      best += saved == possible ? 1 : 0;
    }
  }
  CAPTURE(free_of_time, short_of_time, best);
  CHECK(free_of_time > 50);
  CHECK(short_of_time > 50);
  CHECK(best > short_of_time * 9 / 10);
}

TEST_CASE("ternary adders: the product stays, in as many stages", "[ternary]") {
  int ternary = 0;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    Dice dice(seed);
    const int levels = dice.number(0, 5);
    const int output_levels = dice.below(3);
    const Product product = random_product(dice, 7, 200);
    const AdderGraph graph = solved(product, levels);
    CAPTURE(seed, levels, output_levels);
    const AdderGraph merged = with_ternary_adders(graph, levels, output_levels);
    require_product(merged, product.weight, product.bias);
    CHECK(merged.adder_bits() <= graph.adder_bits());
    CHECK(stages_needed(merged, levels) == stages_needed(graph, levels));
    const auto room = [&](const AdderGraph& g) { return stages_needed(g, levels) * levels - levels_needed(g, levels); };
    CHECK((levels == 0 || room(graph) < output_levels || room(merged) >= output_levels));
    ternary += ternary_adders(merged);
    CHECK((levels != 1 || ternary_adders(merged) == 0));
    for (const Node& node : merged.nodes) {
      CHECK((node.kind != AdderGraph::Kind::adder || node.level == merged.level_of(node)));
    }
    // Again: there is nothing left to do to the new adders.
    CHECK(ternary_adders(with_ternary_adders(merged, levels, output_levels)) >= ternary_adders(merged));

    const AdderPipeline earliest =
        make_adder_pipeline(merged, earliest_stages(merged, levels), stages_needed(merged, levels));
    CHECK(earliest.problem(levels, levels) == "");
    const AdderPipeline retimed = make_adder_pipeline(
        merged, retimed_stages(merged, levels, earliest.output_stage, levels), earliest.output_stage);
    CHECK(retimed.problem(levels, levels) == "");
    CHECK(retimed.register_bits() <= earliest.register_bits());
    CHECK(retimed.ternary_adders() <= ternary_adders(merged));

    const Literal rows = adder_literal(merged);
    CHECK(rows.shape[1] == (ternary_adders(merged) > 0 ? 7 : 5));
    const AdderGraph again = adder_graph(rows, sum_literal(merged), product.ranges);
    CHECK(adder_literal(again) == rows);
    CHECK(again.depth() == merged.depth());
    CHECK(again.adder_bits() <= merged.adder_bits());
  }
  CHECK(ternary > 100);
}

TEST_CASE("ternary adders: never without a positive operand", "[ternary]") {
  const std::vector<Interval> inputs(3, Interval{-8, 7});
  const auto merged = [&](bool inner, bool outer, bool swapped) {
    AdderGraph graph = graph_over(inputs);
    const int sum = append(graph, 0, 1, 0, inner);
    graph.outputs = {{swapped ? append(graph, 2, sum, 1, outer) : append(graph, sum, 2, 1, outer), 0}};
    const LinearForms before = all_forms(graph);
    const AdderGraph after = with_ternary_adders(graph, 0);
    CHECK(all_forms(after).bottomRows(1) == before.bottomRows(1));
    CHECK(after.depth() == 2);
    for (const Node& node : after.nodes) {
      CHECK((node.kind != AdderGraph::Kind::adder || !node.operands()[0].negative));
    }
    return ternary_adders(after) == 1;
  };
  CHECK(merged(false, false, false));  // a + b + 2c
  CHECK(merged(false, true, false));   // a + b - 2c
  CHECK(merged(true, false, false));   // a - b + 2c
  CHECK(merged(true, true, false));    // a - b - 2c
  CHECK(merged(false, true, true));    // c - 2 (a + b)
  CHECK(merged(true, true, true));     // c - 2 (a - b)
  CHECK(merged(true, false, true));    // c + 2 (a - b)
  // 0 - a - b, whose zero is no wire: nothing positive is left.
  AdderGraph graph = graph_over(inputs);
  graph.nodes.push_back({AdderGraph::Kind::constant, -1, -1, 0, 0, false, {0, 0}, 0});
  const int sum = append(graph, 0, 1, 0, false);
  graph.outputs = {{append(graph, 3, sum, 0, true), 0}};
  CHECK(all_forms(with_ternary_adders(graph, 0)).bottomRows(1) == all_forms(graph).bottomRows(1));
}

/// Weights of 16 x 16 random bytes.
Product square_product(unsigned seed, int bound) {
  Dice dice(seed);
  Product product{{{16, 16}, {}}, {{16}, std::vector<std::int64_t>(16)}, std::vector<Interval>(16, {-128, 127})};
  for (int i = 0; i < 256; ++i) {
    product.weight.values.push_back(dice.between(-bound, bound));
  }
  return product;
}

TEST_CASE("ternary adders: the search that knows them needs fewer bits than pairs merged behind it", "[ternary]") {
  for (const int levels : {0, 2, 3}) {
    CAPTURE(levels);
    int behind = 0;
    int searched = 0;
    for (const unsigned seed : {1, 2, 3}) {
      CAPTURE(seed);
      const Product product = square_product(seed, 31);
      const AdderGraph of_two = solved(product, levels);
      const AdderGraph graph =
          solve_constant_matrix(product.weight, product.bias, product.ranges, {Effort::fast, 0, levels, 0, true});
      require_product(graph, product.weight, product.bias);
      CHECK(stages_needed(graph, levels) == stages_needed(of_two, levels));
      behind += with_ternary_adders(of_two, levels).adder_bits();
      searched += graph.adder_bits();
    }
    CAPTURE(behind, searched);
    CHECK(searched * 100 < behind * 99);
  }
}

TEST_CASE("ternary adders: what the search makes is the product, in as many stages", "[ternary]") {
  int ternary = 0;
  int two_negative = 0;
  for (unsigned seed = 1; seed <= 150; ++seed) {
    Dice dice(seed);
    const int levels = dice.number(0, 5);
    const int output_levels = dice.below(3);
    const Product product = random_product(dice, 7, 200);
    const AdderGraph of_two = solved(product, levels);
    CAPTURE(seed, levels, output_levels);
    const AdderGraph graph = solve_constant_matrix(product.weight, product.bias, product.ranges,
                                                   {Effort::fast, 0, levels, output_levels, true});
    require_product(graph, product.weight, product.bias);
    CHECK(stages_needed(graph, levels) <= std::max(stages_needed(of_two, levels), 1));
    for (const Node& node : graph.nodes) {
      if (node.kind == AdderGraph::Kind::adder) {
        CHECK(node.level == graph.level_of(node));
        CHECK_FALSE(node.operands()[0].negative);
        ternary += node.is_ternary() ? 1 : 0;
        two_negative += node.subtract_b ? 1 : 0;
      }
    }
    CHECK((levels != 1 || ternary_adders(graph) == 0));
    const int stages = stages_needed(graph, levels);
    const AdderPipeline retimed = make_adder_pipeline(graph, retimed_stages(graph, levels, stages, levels), stages);
    CHECK(retimed.problem(levels, levels) == "");
    const AdderGraph again = adder_graph(adder_literal(graph), sum_literal(graph), product.ranges);
    CHECK(adder_literal(again) == adder_literal(graph));
    require_product(again, product.weight, product.bias);
  }
  CHECK(ternary > 100);
  CHECK(two_negative > 10);
}

TEST_CASE("ternary adders: depth slack gives them stages", "[ternary]") {
  const Product product = square_product(2, 31);
  const auto bits = [&](int slack) {
    const AdderGraph graph =
        solve_constant_matrix(product.weight, product.bias, product.ranges, {Effort::fast, slack, 2, 0, true});
    require_product(graph, product.weight, product.bias);
    CHECK(stages_needed(graph, 2) <= 3 + slack / 2);
    return graph.adder_bits();
  };
  const int tight = bits(0);
  CAPTURE(tight);
  CHECK(bits(2) * 100 < tight * 93);
}

TEST_CASE("ternary adders: levels are those of the pipeline", "[ternary]") {
  const AdderGraph graph = graph_over(std::vector<Interval>(3, Interval{-8, 7}));
  const Node sum = graph.sum_of_three({{0, 0, true}, {1, 1, false}, {2, 2, true}}, {-36, 36});
  CHECK(sum.operands()[0].node == 1);
  for (int levels = 0; levels <= 6; ++levels) {
    const TernaryLevels ternary(levels);
    CHECK(ternary.allowed() == (levels != 1));
    for (int level = 0; level < 20 && ternary.allowed(); ++level) {
      CAPTURE(levels, level);
      const int end = ternary.behind(level);
      CHECK(end == earliest_level(sum, level, levels));
      // The latest operands for that end are not earlier, and one level later would be too late.
      CHECK(ternary.before(end) >= level);
      CHECK(ternary.behind(ternary.before(end)) <= end);
      CHECK(ternary.behind(ternary.before(end) + 1) > end);
    }
  }
}

TEST_CASE("ternary adders: what is read twice or is an output stays", "[ternary]") {
  const std::vector<Interval> inputs(3, Interval{-8, 7});
  AdderGraph graph = graph_over(inputs);
  const int sum = append(graph, 0, 1, 0, false);
  const int total = append(graph, sum, 2, 0, false);
  graph.outputs = {{total, 0}};
  CHECK(ternary_adders(with_ternary_adders(graph, 2)) == 1);
  CHECK(ternary_adders(with_ternary_adders(graph, 1)) == 0);
  graph.outputs = {{total, 0}, {sum, 0}};
  CHECK(ternary_adders(with_ternary_adders(graph, 2)) == 0);
  graph.outputs = {{append(graph, sum, total, 1, false), 0}};
  CHECK(ternary_adders(with_ternary_adders(graph, 0)) == 1);  // the total, not what it reads
  // Read twice by one adder: 9 (a + b).
  AdderGraph twice = graph_over(inputs);
  const int inner = append(twice, 0, 1, 0, false);
  twice.outputs = {{append(twice, inner, inner, 3, false), 0}};
  CHECK(ternary_adders(with_ternary_adders(twice, 0)) == 0);
}

TEST_CASE("ternary adders: one does not begin where a register comes first", "[ternary]") {
  // Levels 1 and 2 to 3: a register after two levels comes in between.
  AdderGraph graph = graph_over(std::vector<Interval>(4, Interval{-8, 7}));
  const int first = append(graph, 0, 1, 0, false);
  Node three{AdderGraph::Kind::adder, first, 2, 0, 0, false, {-32, 28}, 3, 3, 0};
  graph.nodes.push_back(three);
  graph.outputs = {{5, 0}};
  CHECK(graph.depth() == 3);
  CHECK(levels_needed(graph, 0) == 3);
  CHECK(levels_needed(graph, 2) == 4);
  CHECK(levels_needed(graph, 3) == 3);
  CHECK(stages_needed(graph, 2) == 2);
  CHECK(stages_needed(graph, 3) == 1);
  CHECK(earliest_stages(graph, 2) == std::vector<int>{0, 0, 0, 0, 0, 1});
  CHECK(make_adder_pipeline(graph, {0, 0, 0, 0, 0, 0}, 0).problem(2) == "node 5 is adder 3 of its stage");
  CHECK(retimed_stages(graph, 2, 1, 0) == std::vector<int>{0, 0, 0, 0, 0, 1});
  // Where it fits nowhere it has a stage for itself.
  CHECK(stages_needed(graph, 1) == 2);
  CHECK(make_adder_pipeline(graph, retimed_stages(graph, 1, 2, 1), 2).problem(1, 1) == "");
}

TEST_CASE("shift_add3: is proved to be its definition", "[ternary][formal][rtl]") {
  const TemporaryFolder folder;
  write_file(folder.path() / "shift_add3.v", rtl_library().at("shift_add3"));
  const auto proof = [&](unsigned seed, int error) {
    Dice dice(seed);
    const int out = dice.number(1, 10);
    const int subtract = dice.below(3);
    std::string ports;
    std::string wires;
    std::string sum;
    std::string parameters;
    for (const char name : {'a', 'b', 'c'}) {
      const char upper = static_cast<char>(name - 'a' + 'A');
      const int bits = dice.number(1, 4);
      const bool is_signed = dice.percent(50);
      const int shift = dice.percent(30) ? 0 : dice.below(6);
      ports += fmt::format("input wire [{}:0] {}, ", bits - 1, name);
      wires += fmt::format(is_signed ? "  wire signed [31:0] wide_{0} = $signed({0});\n"
                                     : "  wire signed [31:0] wide_{0} = $signed({{1'b0, {0}}});\n",
                           name);
      sum += fmt::format("{} wide_{} * {}", name > 'c' - subtract ? " -" : " +", name,
                         (1 << shift) + (name == 'b' ? error : 0));
      parameters +=
          fmt::format("-set {0}_W {1} -set {0}_SIGNED {2:d} -set SHIFT_{0} {3} ", upper, bits, is_signed, shift);
    }
    write_file(folder.path() / "definition.v",
               fmt::format("module definition({}output wire [{}:0] y);\n{}  wire signed [31:0] sum = 0{};\n"
                           "  assign y = sum[{}:0];\nendmodule\n",
                           ports, out - 1, wires, sum, out - 1));
    const std::string script = fmt::format(
        "read_verilog definition.v shift_add3.v; chparam {} -set SUBTRACT {} -set OUT_W {} shift_add3; hierarchy; "
        "proc; check -assert; miter -equiv -flatten -make_assert definition shift_add3 miter; hierarchy -top miter; "
        "opt; sat -verify -prove-asserts miter",
        parameters, subtract, out);
    return complaints(folder, {"yosys", "-q", "-p", script});
  };
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    CHECK(proof(seed, 0) == "");
  }
  int seen = 0;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    seen += proof(seed, 1) != "" ? 1 : 0;
  }
  CHECK(seen > 0);
}

TEST_CASE("shift_add3: no tool finds anything in it", "[ternary][lint]") {
  const TemporaryFolder folder;
  write_file(folder.path() / "shift_add3.v", rtl_library().at("shift_add3"));
  for (const char* set : {"", "-GSHIFT_A=3 -GSHIFT_B=3 -GSUBTRACT=1", "-GOUT_W=1", "-GSHIFT_A=9 -GSHIFT_B=12 -GOUT_W=3",
                          "-GSHIFT_A=3 -GSHIFT_B=3 -GSUBTRACT=2", "-GSUBTRACT=2 -GSHIFT_B=2"}) {
    CAPTURE(set);
    std::vector<std::string> command = {"verilator", "--lint-only", "-Wall", "--top-module", "shift_add3"};
    std::string word;
    for (const char c : std::string(set) + " ") {
      if (c == ' ') {
        if (!word.empty()) {
          command.push_back(word);
        }
        word.clear();
      } else {
        word += c;
      }
    }
    command.emplace_back("shift_add3.v");
    CHECK(complaints(folder, command) == "");
  }
  CHECK(complaints(folder, {"iverilog", "-Wall", "-g2005", "-t", "null", "shift_add3.v"}) == "");
}

}  // namespace
}  // namespace rtlgen::testing
