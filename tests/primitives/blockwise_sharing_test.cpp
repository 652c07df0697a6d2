// Sums of many terms, added up in blocks of inputs.
#include "primitives/cmvm/blockwise_sharing.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "primitives/cmvm/adder_synthesis.hpp"
#include "primitives/cmvm/constant_matrix.hpp"
#include "primitives/cmvm/signed_digits.hpp"
#include "tests/support/dice.hpp"

namespace rtlgen::testing {
namespace {

Literal matrix_of(int outputs, int inputs, const std::function<int()>& weight) {
  Literal matrix{{outputs, inputs}, {}};
  for (int i = 0; i < outputs * inputs; ++i) {
    matrix.values.push_back(weight());
  }
  return matrix;
}

/// Levels of adders of two for the row with the most signed digits.
int least_depth(const Literal& matrix) {
  const auto inputs = static_cast<std::size_t>(matrix.shape[1]);
  std::size_t most = 1;
  for (std::size_t o = 0; o < static_cast<std::size_t>(matrix.shape[0]); ++o) {
    std::size_t terms = 0;
    bool positive = false;
    bool negative = false;
    for (std::size_t i = 0; i < inputs; ++i) {
      for (const SignedDigit& digit : canonical_signed_digits(matrix.values[o * inputs + i])) {
        ++terms;
        (digit.negative ? negative : positive) = true;
      }
    }
    most = std::max(most, terms + (negative && !positive ? 1 : 0));
  }
  int depth = 0;
  while ((std::size_t{1} << depth) < most) {
    ++depth;
  }
  return depth;
}

/// Whether the graph multiplies some random vectors by the matrix.
bool multiplies(const AdderGraph& graph, const Literal& matrix, Dice& dice) {
  const auto inputs = static_cast<std::size_t>(matrix.shape[1]);
  bool equal = true;
  for (int trial = 0; trial < 4; ++trial) {
    std::vector<std::int64_t> values;
    for (const AdderGraph::Node& node : graph.nodes) {
      if (node.kind == AdderGraph::Kind::input) {
        values.push_back(dice.number(static_cast<int>(node.interval.lo), static_cast<int>(node.interval.hi)));
      } else if (node.kind == AdderGraph::Kind::constant) {
        values.push_back(node.interval.lo);
      } else {
        const std::int64_t a = values[static_cast<std::size_t>(node.a)] * (std::int64_t{1} << node.shift_a);
        const std::int64_t b = values[static_cast<std::size_t>(node.b)] * (std::int64_t{1} << node.shift_b);
        values.push_back(node.subtract ? a - b : a + b);
      }
    }
    for (std::size_t o = 0; o < graph.outputs.size(); ++o) {
      std::int64_t sum = 0;
      for (std::size_t i = 0; i < inputs; ++i) {
        sum += matrix.values[o * inputs + i] * values[i];
      }
      const AdderGraph::Output& output = graph.outputs[o];
      equal = equal && sum == (output.node < 0
                                   ? 0
                                   : values[static_cast<std::size_t>(output.node)] * (std::int64_t{1} << output.shift));
    }
  }
  return equal;
}

Literal no_bias(const Literal& matrix) {
  return {{matrix.shape[0]}, std::vector<std::int64_t>(static_cast<std::size_t>(matrix.shape[0]), 0)};
}

std::vector<Interval> bytes(const Literal& matrix) {
  return std::vector<Interval>(static_cast<std::size_t>(matrix.shape[1]), Interval{-128, 127});
}

TEST_CASE("blockwise sharing: any number of pairs gives the product within the least depth", "[dense]") {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const int bits = dice.number(0, 5);
    const int zeros = dice.number(0, 80);  // so that sums contain each other
    // An odd positive number first: no two outputs differ by their sign alone.
    const int inputs = dice.number(2, 40);
    int index = 0;
    const Literal matrix = matrix_of(dice.number(1, 12), inputs, [&] {
      const int weight = dice.percent(zeros) ? 0 : dice.number(-(1 << bits), 1 << bits);
      return index++ % inputs == 0 ? 1 : weight;
    });
    const int slack = dice.number(0, 2);
    SearchBudget budget;
    budget.pairs = static_cast<std::size_t>(dice.number(0, 400));
    budget.moves = dice.percent(50) ? 100 : 0;
    budget.moves_per_adder = 100;
    const AdderGraph graph = synthesize_adders(matrix, no_bias(matrix), bytes(matrix), slack, budget);
    CHECK(multiplies(graph, matrix, dice));
    CHECK(graph.depth() <= least_depth(matrix) + slack);
  }
}

TEST_CASE("blockwise sharing: a layer of 600 inputs shares most of its adders", "[dense][slow]") {
  Dice dice(1);
  const Literal matrix = matrix_of(16, 600, [&] { return dice.percent(50) ? 1 : -1; });
  ConstantMatrixOptions options;
  options.effort = Effort::fast;
  const AdderGraph graph = solve_constant_matrix(matrix, no_bias(matrix), bytes(matrix), options);
  CHECK(multiplies(graph, matrix, dice));
  CHECK(graph.depth() <= 10);
  // 600 * 15 without sharing. Four columns at a time, all eight sums of them made once: 150 * (4 + 8 + 16).
  CHECK(graph.nodes.size() - 600 < 150 * 28);
}

TEST_CASE("blockwise sharing: pairs in memory and bytes of a network stay bounded", "[dense][slow]") {
  constexpr int kInputs = 300;
  constexpr int kOutputs = 8;
  constexpr std::size_t kPairs = 20000;
  Dice dice(2);
  AdderNetwork network(std::vector<Interval>(kInputs, Interval{-128, 127}));
  std::vector<TermList> lists;
  for (int o = 0; o < kOutputs; ++o) {
    std::vector<std::int64_t> row(kInputs, 1);
    std::generate(row.begin() + 1, row.end(), [&] { return dice.number(-7, 7); });
    constexpr int kDepth = 10;
    lists.push_back({network.add_output(row, kDepth), kDepth, {}});
    network.pin_level(lists.back().value, kDepth);
    for (std::size_t i = 0; i < row.size(); ++i) {
      for (const SignedDigit& digit : canonical_signed_digits(row[i])) {
        lists.back().terms.push_back(network.leveled({static_cast<int>(i), digit.shift, digit.negative}, 0));
      }
    }
  }
  AdderNetwork whole = network;
  std::mt19937_64 random(1);
  SubexpressionSharing sharing(network);
  const std::vector<TermList> sums = BlockwiseSharing(network, sharing, kPairs).run(lists, 0, random);
  REQUIRE(sums.size() == lists.size());
  CHECK(std::all_of(sums.begin(), sums.end(), [](const TermList& list) { return list.terms.size() == 2; }));
  // The last run looked at the whole sums. Terms that are put in make pairs too, about as many again.
  CHECK(sharing.patterns() <= 2 * kPairs);
  CHECK(sharing.places() <= 3 * kPairs);
  const auto adders = static_cast<std::size_t>(network.adders());
  CHECK(network.bytes() < 300 * (adders + 2 * kInputs) + adders * kInputs * sizeof(std::int64_t) / 2);

  SubexpressionSharing all_at_once(whole);
  REQUIRE(all_at_once.run(lists, -1, 0, random));
  CHECK(all_at_once.patterns() > 2 * kPairs);
}

TEST_CASE("adder graph: linear forms come in portions of a bounded size", "[dense]") {
  Dice dice(3);
  const Literal matrix = matrix_of(5, 40, [&] { return dice.number(-9, 9); });
  const AdderGraph graph = synthesize_adders(matrix, no_bias(matrix), bytes(matrix), 0, {});
  constexpr std::size_t kBytes = 10000;
  std::vector<std::int64_t> found(matrix.values.size(), 0);
  std::size_t next = 0;
  for_linear_forms(
      graph,
      [&](std::size_t first, const LinearForms& forms) {
        CHECK(first == next);
        CHECK(static_cast<std::size_t>(forms.size()) * sizeof(std::int64_t) <= kBytes);
        next += static_cast<std::size_t>(forms.cols());
        for (std::size_t o = 0; o < graph.outputs.size(); ++o) {
          const AdderGraph::Output& output = graph.outputs[o];
          for (std::size_t i = first; i < std::min<std::size_t>(next, 40); ++i) {
            found[o * 40 + i] = forms(output.node, static_cast<Eigen::Index>(i - first)) << output.shift;
          }
        }
      },
      kBytes);
  CHECK(next == 41);
  CHECK(found == matrix.values);
}

}  // namespace
}  // namespace rtlgen::testing
