// Rows of a matrix that are made of each other, and the graphs that come of it.
#include "primitives/cmvm/row_tree.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "primitives/cmvm/adder_pipeline.hpp"
#include "primitives/cmvm/constant_matrix.hpp"
#include "primitives/cmvm/signed_digits.hpp"
#include "tests/support/dice.hpp"

namespace rtlgen::testing {
namespace {

constexpr int kSize = 16;

using Rows = std::vector<std::vector<std::int64_t>>;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// A matrix of 16 x 16 weights that a function of row and column draws.
Literal square(const std::function<std::int64_t(int row, int column)>& weight) {
  Literal matrix{{kSize, kSize}, {}};
  for (int row = 0; row < kSize; ++row) {
    for (int column = 0; column < kSize; ++column) {
      matrix.values.push_back(weight(row, column));
    }
  }
  return matrix;
}

AdderGraph solved(const Literal& weight, int levels, int slack = 0, int output_levels = 0) {
  const Literal bias{{kSize}, std::vector<std::int64_t>(kSize)};
  const AdderGraph graph = solve_constant_matrix(weight, bias, std::vector<Interval>(kSize, {-128, 127}),
                                                 {Effort::fast, slack, levels, output_levels, false});
  require_product(graph, weight, bias);
  return graph;
}

/// Rows of six bits that differ by at most `difference` from one of them.
Literal alike(Dice& dice, int difference) {
  std::vector<std::int64_t> base;
  for (int column = 0; column < kSize; ++column) {
    base.push_back(dice.between(-32, 31));
  }
  return square([&](int, int column) { return base[at(column)] + dice.between(-difference, difference); });
}

TEST_CASE("row tree: every row is its parent and the rest, in time", "[cmvm]") {
  int children = 0;
  int of_base = 0;
  for (unsigned seed = 1; seed <= 200; ++seed) {
    Dice dice(seed);
    const int count = dice.number(1, 9);
    const int inputs = dice.number(1, 7);
    const bool with_base = dice.percent(50);
    const int spread = dice.pick<int>({1, 3, 40});
    Rows rows;
    std::vector<bool> signs;
    for (int row = 0; row < count; ++row) {
      rows.emplace_back();
      signs.push_back(dice.percent(20));
      for (int input = 0; input < inputs; ++input) {
        rows.back().push_back((signs.back() ? -1 : 1) * (21 * input + 5 + dice.between(-spread, spread)));
      }
    }
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    signs.resize(rows.size());
    int depth = 0;
    for (const std::vector<std::int64_t>& row : rows) {
      while ((1 << depth) < count_digits(row)) {
        ++depth;
      }
    }
    const RowTree tree = find_row_tree(rows, signs, depth, with_base);
    CAPTURE(seed);
    REQUIRE(tree.links.size() == rows.size());
    long terms = count_digits(tree.base);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const RowTree::Link& link = tree.links[row];
      terms += count_digits(link.rest) + (link.parent < 0 ? 0 : 1);
      const bool base = link.parent == static_cast<int>(rows.size());
      REQUIRE(base <= !tree.base.empty());
      std::vector<std::int64_t> sum = link.rest;
      long filled = count_digits(link.rest);
      if (link.parent >= 0) {
        const int level = base ? tree.base_level : tree.links[at(link.parent)].level;
        filled += 1L << level;
        CHECK(level < link.level);  // so that rows are not made of each other in circles
        CHECK((base || tree.links[at(link.parent)].has_children));
        for (std::size_t i = 0; i < sum.size(); ++i) {
          const std::int64_t part = base ? tree.base[i] * (1 << tree.base_shift) : rows[at(link.parent)][i];
          sum[i] += (link.negative ? -1 : 1) * part;
        }
        children += base ? 0 : 1;
        of_base += base ? 1 : 0;
      }
      CHECK(sum == rows[row]);
      CHECK(filled <= 1L << link.level);
      CHECK(link.level <= depth);
    }
    CHECK(terms == tree.terms);
  }
  CHECK(children > 50);
  CHECK(of_base > 50);
}

TEST_CASE("row tree: digits are counted as they are", "[cmvm]") {
  for (std::int64_t value = -3000; value <= 3000; ++value) {
    if (count_digits({value}) != static_cast<long>(canonical_signed_digits(value).size())) {
      FAIL(value);
    }
  }
}

TEST_CASE("row tree: rows that are alike, have an offset or a low rank take far fewer adder bits", "[cmvm]") {
  for (const unsigned seed : {1U, 2U, 3U}) {
    CAPTURE(seed);
    Dice dice(seed);
    const AdderGraph random = solved(square([&](int, int) { return dice.between(-32, 31); }), 2);
    const AdderGraph one = solved(alike(dice, 1), 2);
    const AdderGraph four = solved(alike(dice, 4), 2);
    const AdderGraph offset = solved(square([&](int, int) { return dice.between(16, 31); }), 2);
    Literal left = square([&](int, int column) { return column < 4 ? dice.between(-3, 3) : 0; });
    Literal right = square([&](int row, int) { return row < 4 ? dice.between(-3, 3) : 0; });
    const Literal product = square([&](int row, int column) {
      std::int64_t sum = 0;
      for (int k = 0; k < 4; ++k) {
        sum += left.values[at(row * kSize + k)] * right.values[at(k * kSize + column)];
      }
      return sum;
    });
    const AdderGraph rank = solved(product, 0, 3);
    CAPTURE(random.adder_bits(), one.adder_bits(), four.adder_bits(), offset.adder_bits(), rank.adder_bits());
    CHECK(one.adder_bits() * 100 < random.adder_bits() * 50);
    CHECK(four.adder_bits() * 100 < random.adder_bits() * 72);
    CHECK(offset.adder_bits() * 100 < random.adder_bits() * 92);
    CHECK(rank.adder_bits() * 100 < random.adder_bits() * 66);
    // None of them has another depth for it.
    CHECK(random.depth() == 6);
    CHECK(one.depth() <= 6);
    CHECK(four.depth() <= 6);
    CHECK(offset.depth() <= 6);
  }
}

TEST_CASE("constant matrix: sums that are short of levels use those left in the last stage", "[cmvm]") {
  Dice dice(1);
  // 31 terms: five levels, in three stages of two.
  const Literal tight = square([&](int row, int column) {
    const std::int64_t sign = dice.percent(50) ? -1 : 1;
    return sign * (column == row ? 4 : dice.pick<std::int64_t>({3, 5, 6, 7, 9, 10}));
  });
  const AdderGraph five = solved(tight, 5);
  const AdderGraph six = solved(tight, 2);
  CHECK(five.depth() == 5);
  CHECK(six.depth() == 6);
  CHECK(stages_needed(six, 2) == 3);
  CHECK(six.adder_bits() * 100 < five.adder_bits() * 97);
  CHECK(solved(tight, 2, 0, 1).depth() == 5);  // that level is for what the outputs pass
  CHECK(solved(tight, 0).depth() == 5);
  CHECK(solved(tight, 3).depth() == 6);
  CHECK(solved(tight, 20).depth() <= 8);
  // 17 terms have room enough.
  const Literal loose = square([&](int row, int column) {
    return column == row ? 3 : dice.pick<std::int64_t>({1, 2});
  });
  CHECK(solved(loose, 2).depth() == 5);
}

}  // namespace
}  // namespace rtlgen::testing
