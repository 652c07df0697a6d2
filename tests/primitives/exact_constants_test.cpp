// How far the search is from the optimum where that is known: multiplication by one constant.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <vector>

#include "primitives/cmvm/adder_cost.hpp"
#include "primitives/cmvm/constant_matrix.hpp"
#include "primitives/cmvm/signed_digits.hpp"
#include "primitives/primitive.hpp"

namespace rtlgen::testing {
namespace {

constexpr int kBits = 8;
constexpr int kEnd = 1 << kBits;
constexpr int kLargest = 2 * kEnd;  // magnitude of the multiples on the way
constexpr int kMostAdders = 3;      // which are enough for all constants of 8 bits
constexpr int kMostLevels = 3;
constexpr int kNever = std::numeric_limits<int>::max() / 2;
const Interval kInput{-128, 127};

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// The fewest adder bits of every odd constant of 8 bits, by adder levels, from all graphs of up to three adders
/// without right shifts, with all signs (Dempster and Macleod, IEE Proceedings 141, 1994, enumerate them for the fewest
/// adders).
class AllGraphs {
 public:
  AllGraphs() : least_(kMostLevels + 1, std::vector<int>(kEnd, kNever)) {
    least_[0][1] = 0;
    multiples_.push_back({1, 0});
    extend(0);
    for (int level = 1; level <= kMostLevels; ++level) {
      for (int c = 0; c < kEnd; ++c) {
        least_[at(level)][at(c)] = std::min(least_[at(level)][at(c)], least_[at(level - 1)][at(c)]);
      }
    }
  }

  int least(int constant, int levels) const { return least_[at(levels)][at(constant)]; }

 private:
  struct Multiple {
    int factor;
    int level;
  };

  static Interval interval(int factor) { return factor * kInput; }

  void extend(int cost) {
    const std::size_t known = multiples_.size();
    for (std::size_t p = 0; p < known; ++p) {
      for (std::size_t q = p; q < known; ++q) {
        for (int shift = 0; (1 << shift) <= kLargest; ++shift) {
          add(p, shift, q, 0, cost);
          if (shift > 0) {
            add(p, 0, q, shift, cost);
          }
        }
      }
    }
  }

  void add(std::size_t p, int shift_p, std::size_t q, int shift_q, int cost) {
    const Multiple a = multiples_[p];
    const Multiple b = multiples_[q];
    const int left = a.factor * (1 << shift_p);
    const int right = b.factor * (1 << shift_q);
    const int level = 1 + std::max(a.level, b.level);
    put(left + right, level,
        [&] { return cost + adder_luts(interval(a.factor), shift_p, interval(b.factor), shift_q, false); });
    put(left - right, level,
        [&] { return cost + adder_luts(interval(a.factor), shift_p, interval(b.factor), shift_q, true); });
    put(right - left, level,
        [&] { return cost + adder_luts(interval(b.factor), shift_q, interval(a.factor), shift_p, true); });
  }

  template <typename Cost>
  void put(int factor, int level, const Cost& cost_of) {
    const bool constant = factor > 0 && factor < kEnd && factor % 2 != 0;
    const bool last = multiples_.size() == kMostAdders;
    if (factor == 0 || std::abs(factor) > kLargest || level > kMostLevels || (last && !constant)) {
      return;
    }
    const int cost = cost_of();
    if (constant) {
      least_[at(level)][at(factor)] = std::min(least_[at(level)][at(factor)], cost);
    }
    if (!last) {
      multiples_.push_back({factor, level});
      extend(cost);
      multiples_.pop_back();
    }
  }

  std::vector<Multiple> multiples_;
  std::vector<std::vector<int>> least_;  ///< by level and constant
};

TEST_CASE("exact constants: all of 8 bits take at most 8 adder bits more than the least, and 3 % in sum",
          "[adder_graph]") {
  const AllGraphs graphs;
  int found = 0;
  int least = 0;
  int optimal = 0;
  for (int constant = 3; constant < kEnd; constant += 2) {
    CAPTURE(constant);
    const Literal weight{{1, 1}, {constant}};
    const Literal bias{{1}, {0}};
    const AdderGraph graph = solve_constant_matrix(weight, bias, {kInput}, {});
    const int best = graphs.least(constant, clog2(static_cast<std::int64_t>(canonical_signed_digits(constant).size())));
    REQUIRE(best < kNever);
    CHECK(graph.adder_bits() >= best);
    CHECK(graph.adder_bits() <= best + 8);
    found += graph.adder_bits();
    least += best;
    optimal += graph.adder_bits() == best ? 1 : 0;
  }
  CAPTURE(found, least, optimal);
  CHECK(found * 100 <= least * 103);
  CHECK(optimal >= 96);
}

TEST_CASE("exact constants: signs do not cost an adder", "[adder_graph]") {
  // 51 = 3 + 16 * 3: built with -3 first it would need its negative as well.
  const AdderGraph graph = solve_constant_matrix({{1, 1}, {51}}, {{1}, {0}}, {kInput}, {});
  CHECK(std::count_if(graph.nodes.begin(), graph.nodes.end(),
                      [](const AdderGraph::Node& node) { return node.kind == AdderGraph::Kind::adder; }) == 2);
}

}  // namespace
}  // namespace rtlgen::testing
