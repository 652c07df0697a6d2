// Adder graphs on wires: bits, cost, stages; and the cell that adds.
#include "primitives/cmvm/adder_pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "primitives/cmvm/adder_cost.hpp"
#include "primitives/cmvm/constant_matrix.hpp"
#include "primitives/cmvm/value_bits.hpp"
#include "rtlgen/files/text_file.hpp"
#include "rtlgen/netlist/rtl_library.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/tools.hpp"

namespace rtlgen::testing {
namespace {

bool bit(std::int64_t value, int index) { return (value >> index & 1) != 0; }

Interval random_interval(Dice& dice, int bits) {
  const std::int64_t bound = std::int64_t{1} << dice.number(1, bits);
  const std::int64_t a = dice.between(-bound, bound);
  const std::int64_t b = dice.percent(30) ? a + dice.below(3) : dice.between(-bound, bound);
  return {std::min(a, b), std::max(a, b)};
}

AdderGraph random_graph(Dice& dice) {
  const int inputs = dice.number(1, 5);
  const int outputs = dice.number(1, 5);
  Literal weight{{outputs, inputs}, {}};
  Literal bias{{outputs}, {}};
  for (int i = 0; i < inputs * outputs; ++i) {
    weight.values.push_back(dice.between(-200, 200));
  }
  for (int o = 0; o < outputs; ++o) {
    bias.values.push_back(dice.percent(50) ? 0 : dice.between(-200, 200));
  }
  std::vector<Interval> ranges(static_cast<std::size_t>(inputs));
  std::generate(ranges.begin(), ranges.end(), [&] { return random_interval(dice, 8); });
  return solve_constant_matrix(weight, bias, ranges, {});
}

TEST_CASE("adder graph: only bits that vary are carried", "[adder_graph]") {
  for (std::int64_t lo = -40; lo <= 40; ++lo) {
    for (std::int64_t hi = lo; hi <= 40; ++hi) {
      const Interval interval{lo, hi};
      const int varying = value_bits(interval);
      const int carried = carried_bits(interval);
      bool right = varying <= carried && (lo == hi) == (varying == 0);
      for (int index = 0; index < 10; ++index) {
        std::set<bool> seen;
        for (std::int64_t value = lo; value <= hi; ++value) {
          seen.insert(bit(value, index));
        }
        if (lo >= 0 || hi < 0) {
          right = right && (index < varying || (seen.size() == 1 && seen.count(constant_bit(interval, index)) == 1));
          right = right && (index != varying - 1 || seen.size() == 2);
        }
      }
      // The carried bits tell the value.
      for (std::int64_t value = lo; value <= hi; ++value) {
        std::int64_t read = value & ((std::int64_t{1} << carried) - 1);
        read -= lo < 0 && bit(read, carried - 1) ? std::int64_t{1} << carried : 0;
        right = right && read == value;
      }
      if (!right) {
        FAIL("interval " << lo << " to " << hi << ": " << varying << " bits vary, " << carried << " carried");
      }
    }
  }
  CHECK(constant_bits({20, 23}, 2, 4) == "4'b0101");
  CHECK(constant_bits({-4, -3}, 1, 3) == "3'b110");
}

/// The definition: different pairs of varying bits, and different bits that are inverted.
int plain_luts(const Interval& a, int shift_a, const Interval& b, int shift_b, bool subtract) {
  struct Bit {
    int index;  // -1: constant
    bool one;
  };
  const auto at = [](const Interval& interval, int position) -> Bit {
    const bool crosses_zero = interval.lo < 0 && interval.hi >= 0;
    if (position < 0) {
      return {-1, false};
    }
    if (position < value_bits(interval)) {
      return {position, false};
    }
    return crosses_zero ? Bit{value_bits(interval) - 1, false} : Bit{-1, bit(interval.lo, position)};
  };
  const std::int64_t left_lo = a.lo * (1 << shift_a);
  const std::int64_t left_hi = a.hi * (1 << shift_a);
  const std::int64_t right_lo = b.lo * (1 << shift_b);
  const std::int64_t right_hi = b.hi * (1 << shift_b);
  const Interval sum =
      subtract ? Interval{left_lo - right_hi, left_hi - right_lo} : Interval{left_lo + right_lo, left_hi + right_hi};
  std::set<std::pair<int, int>> luts;
  for (int position = 0; position < value_bits(sum); ++position) {
    if (position < shift_b || (!subtract && position < shift_a)) {
      continue;
    }
    const Bit left = at(a, position - shift_a);
    const Bit right = at(b, position - shift_b);
    const bool buffer = (left.index < 0 && left.one == subtract) || (right.index < 0 && right.one == subtract);
    if (!buffer && (left.index >= 0 || right.index >= 0)) {
      luts.emplace(left.index, right.index);
    }
  }
  return static_cast<int>(luts.size());
}

TEST_CASE("adder graph: the cost of an adder is the pairs of bits that meet", "[adder_graph]") {
  CHECK(adder_luts({-128, 127}, 0, {-128, 127}, 0, false) == 8);
  CHECK(adder_luts({-128, 127}, 0, {-128, 127}, 3, true) == 8);
  CHECK(adder_luts({-128, 127}, 3, {-128, 127}, 0, false) == 8);
  CHECK(adder_luts({-128, 127}, 3, {-128, 127}, 0, true) == 11);
  CHECK(adder_luts({0, 15}, 0, {-8, 7}, 4, false) == 0);
  CHECK(adder_luts({0, 0}, 0, {-8, 7}, 0, true) == 4);
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    Dice dice(seed);
    const Interval a = random_interval(dice, 7);
    const Interval b = random_interval(dice, 7);
    const int shift = dice.below(8);
    const bool left = dice.percent(50);
    const bool subtract = dice.percent(50);
    CAPTURE(seed, a.lo, a.hi, b.lo, b.hi, shift, left, subtract);
    const int luts = adder_luts(a, left ? shift : 0, b, left ? 0 : shift, subtract);
    if (luts != plain_luts(a, left ? shift : 0, b, left ? 0 : shift, subtract)) {
      FAIL("says " << luts);
    }
  }
}

TEST_CASE("adder graph: the earliest stages are a pipeline", "[adder_graph][slow]") {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    Dice dice(seed);
    const AdderGraph graph = random_graph(dice);
    const int levels = dice.number(0, 4);
    CAPTURE(seed, levels);
    const AdderPipeline pipeline =
        make_adder_pipeline(graph, earliest_stages(graph, levels), stages_needed(graph, levels));
    CHECK(pipeline.problem(levels) == "");
    CHECK(pipeline.latency() == std::max(1, levels == 0 ? 1 : (graph.depth() + levels - 1) / levels));
    // Where more than one level is needed, half the registers are too few.
    if (levels > 1 && graph.depth() > levels) {
      CHECK(pipeline.problem(levels - 1) != "");
    }
  }
}

TEST_CASE("adder graph: registers are counted where values wait", "[adder_graph]") {
  // (x0 + x1) and x2 meet behind one register each; the sum waits for one more.
  AdderGraph graph;
  for (int i = 0; i < 3; ++i) {
    graph.nodes.push_back({AdderGraph::Kind::input, -1, -1, 0, 0, false, {-8, 7}, 0});
  }
  graph.nodes.push_back({AdderGraph::Kind::adder, 0, 1, 0, 0, false, {-16, 14}, 1});
  graph.nodes.push_back({AdderGraph::Kind::adder, 3, 2, 0, 0, false, {-24, 21}, 2});
  graph.nodes.push_back({AdderGraph::Kind::adder, 3, 2, 0, 0, true, {-23, 22}, 2});
  graph.outputs = {{4, 0}};
  const AdderPipeline pipeline = make_adder_pipeline(graph, {0, 0, 0, 0, 1, 1}, 2);
  CHECK(pipeline.last_use == std::vector<int>{0, 0, 1, 1, 2, -1});
  CHECK(pipeline.adders() == 2);
  CHECK(pipeline.register_bits() == 4 + 5 + 6);
  CHECK(pipeline.problem(1) == "");
  CHECK_THROWS_AS(make_adder_pipeline(graph, {0, 0, 0, 1, 0, 0}, 2), std::logic_error);
  CHECK_THROWS_AS(make_adder_pipeline(graph, {0, 0, 0, 0, 1, 1}, 0), std::logic_error);
  CHECK_THROWS_AS(make_adder_pipeline(graph, {0, 1, 0, 1, 1, 1}, 2), std::logic_error);
  CHECK(make_adder_pipeline(graph, {0, 0, 0, 0, 0, 0}, 2).problem(1) == "node 4 is adder 2 of its stage");
  const AdderPipeline shared = make_adder_pipeline(graph, {0, 0, 0, 1, 1, 1}, 1);
  CHECK(shared.problem(3, 1) == "");
  CHECK(shared.problem(3, 2) == "output node 4 is adder 2 of the output stage, with 2 levels behind it");
  CHECK(pipeline.problem(1, 2) == "");
}

TEST_CASE("shift_add: is proved to be its definition", "[adder_graph][formal][rtl]") {
  const TemporaryFolder folder;
  write_file(folder.path() / "shift_add.v", rtl_library().at("shift_add"));
  const auto proof = [&](unsigned seed, int error) {
    Dice dice(seed);
    const int a_bits = dice.number(1, 5);
    const int b_bits = dice.number(1, 5);
    const bool a_signed = dice.percent(50);
    const bool b_signed = dice.percent(50);
    const bool subtract = dice.percent(50);
    const int shift = dice.below(8);
    const int shift_a = dice.percent(50) ? shift : 0;
    const int shift_b = shift - shift_a;
    const int out = dice.number(1, 10);
    const auto number = [](const char* name, bool is_signed) {
      return fmt::format(is_signed ? "$signed({})" : "$signed({{1'b0, {}}})", name);
    };
    write_file(
        folder.path() / "definition.v",
        fmt::format("module definition(input wire [{}:0] a, input wire [{}:0] b, output wire [{}:0] y);\n"
                    "  wire signed [31:0] wide_a = {};\n  wire signed [31:0] wide_b = {};\n"
                    "  wire signed [31:0] sum = wide_a * {} {} wide_b * {};\n  assign y = sum[{}:0];\nendmodule\n",
                    a_bits - 1, b_bits - 1, out - 1, number("a", a_signed), number("b", b_signed), 1 << shift_a,
                    subtract ? '-' : '+', (1 << shift_b) + error, out - 1));
    const std::string script = fmt::format(
        "read_verilog definition.v shift_add.v; chparam -set A_W {} -set A_SIGNED {:d} -set SHIFT_A {} -set B_W {} "
        "-set "
        "B_SIGNED {:d} -set SHIFT_B {} -set SUBTRACT {:d} -set OUT_W {} shift_add; hierarchy; proc; check -assert; "
        "miter -equiv -flatten -make_assert definition shift_add miter; hierarchy -top miter; opt; "
        "sat -verify -prove-asserts miter",
        a_bits, a_signed, shift_a, b_bits, b_signed, shift_b, subtract, out);
    return complaints(folder, {"yosys", "-q", "-p", script});
  };
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    CHECK(proof(seed, 0) == "");
  }
  CHECK(proof(1, 1) != "");
}

}  // namespace
}  // namespace rtlgen::testing
