#include "primitives/cmvm/row_tree.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace rtlgen {
namespace {

/// Bases of at most so many values an input are looked at, beside those that occur.
constexpr std::int64_t kWidestRange = 512;
/// Weights of the digits of a base: heavier until it is shallow enough.
constexpr int kHeaviest = 64;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// Canonical signed digits stand where a number and three times that differ.
int digits_of(std::int64_t value) {
  const auto magnitude = static_cast<std::uint64_t>(value < 0 ? -value : value);
  return __builtin_popcountll(magnitude ^ (3 * magnitude));
}

/// The least level of a sum of `terms` terms of level 0 and a term of level `level`, unless that is -1.
int level_of(long terms, int level) {
  const long sum = terms + (level < 0 ? 0 : 1L << level);
  int result = 0;
  while ((1L << result) < sum) {
    ++result;
  }
  return result;
}

class TreeSearch {
 public:
  TreeSearch(const std::vector<std::vector<std::int64_t>>& rows, int depth) : rows_(rows), depth_(depth) {
    tree_.links.resize(rows.size());
  }

  /// Puts a row in that all others may be made of.
  void set_base(std::vector<std::int64_t> base) {
    std::int64_t any = 0;
    for (const std::int64_t factor : base) {
      any |= factor;
    }
    tree_.base_shift = __builtin_ctzll(static_cast<std::uint64_t>(any));
    for (std::int64_t& factor : base) {
      factor /= std::int64_t{1} << tree_.base_shift;
    }
    tree_.terms = count_digits(base);
    tree_.base_level = level_of(tree_.terms, -1);
    tree_.base = std::move(base);
  }

  RowTree run() {
    std::vector<Edge> best;
    for (const std::vector<std::int64_t>& row : rows_) {
      best.push_back({-1, false, count_digits(row)});
    }
    std::vector<bool> taken(rows_.size(), false);
    if (!tree_.base.empty()) {
      improve(best, taken, static_cast<int>(rows_.size()));
    }
    for (std::size_t step = 0; step < rows_.size(); ++step) {
      std::size_t next = rows_.size();
      for (std::size_t row = 0; row < rows_.size(); ++row) {
        if (!taken[row] && (next == rows_.size() || best[row].terms < best[next].terms)) {
          next = row;
        }
      }
      taken[next] = true;
      add(next, best[next]);
      improve(best, taken, static_cast<int>(next));
    }
    return std::move(tree_);
  }

 private:
  struct Edge {
    int parent = -1;
    bool negative = false;
    long terms = 0;
  };

  std::int64_t factor(int row, std::size_t input) const {
    return row == static_cast<int>(rows_.size()) ? tree_.base[input] * (std::int64_t{1} << tree_.base_shift)
                                                 : rows_[at(row)][input];
  }
  int level(int row) const {
    return row < 0 ? -1 : (row == static_cast<int>(rows_.size()) ? tree_.base_level : tree_.links[at(row)].level);
  }

  /// Makes rows that are not in the tree of one that is, where that takes fewer terms and is not too deep.
  void improve(std::vector<Edge>& best, const std::vector<bool>& taken, int parent) const {
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      if (taken[row]) {
        continue;
      }
      long difference = 0;
      long sum = 0;
      for (std::size_t i = 0; i < rows_[row].size(); ++i) {
        difference += digits_of(rows_[row][i] - factor(parent, i));
        sum += digits_of(rows_[row][i] + factor(parent, i));
      }
      const long fewest = std::min(difference, sum);
      if (fewest > 0 && fewest + 1 < best[row].terms && level_of(fewest, level(parent)) <= depth_) {
        best[row] = {parent, sum < difference, fewest + 1};
      }
    }
  }

  void add(std::size_t row, const Edge& edge) {
    RowTree::Link& link = tree_.links[row];
    link.parent = edge.parent;
    link.negative = edge.negative;
    link.rest = rows_[row];
    link.level = level_of(edge.terms - (edge.parent < 0 ? 0 : 1), level(edge.parent));
    tree_.terms += edge.terms;
    for (std::size_t i = 0; edge.parent >= 0 && i < link.rest.size(); ++i) {
      link.rest[i] -= (edge.negative ? -1 : 1) * factor(edge.parent, i);
    }
    if (edge.parent >= 0 && edge.parent < static_cast<int>(rows_.size())) {
      tree_.links[at(edge.parent)].has_children = true;
    }
  }

  const std::vector<std::vector<std::int64_t>>& rows_;
  int depth_;
  RowTree tree_;
};

/// Of one input, the factor that leaves fewest digits in all rows, its own digits counted `weight` times.
std::int64_t base_factor(const std::vector<std::int64_t>& factors, int weight) {
  std::vector<std::int64_t> tried = factors;
  const auto [low, high] = std::minmax_element(factors.begin(), factors.end());
  if (*high - *low < kWidestRange) {
    for (std::int64_t factor = *low; factor <= *high; ++factor) {
      tried.push_back(factor);
    }
  }
  std::int64_t best = 0;
  const auto digits_with = [&](std::int64_t base) {
    long digits = static_cast<long>(weight) * digits_of(base);
    for (const std::int64_t factor : factors) {
      digits += digits_of(factor - base);
    }
    return digits;
  };
  long fewest = digits_with(0);
  for (const std::int64_t base : tried) {
    const long digits = digits_with(base);
    if (digits < fewest) {
      fewest = digits;
      best = base;
    }
  }
  return best;
}

/// A base that leaves a level for what is added to it; empty: there is none of two digits.
std::vector<std::int64_t> find_base(const std::vector<std::vector<std::int64_t>>& rows, const std::vector<bool>& signs,
                                    int depth) {
  for (int weight = 1; weight <= kHeaviest; weight *= 2) {
    std::vector<std::int64_t> base;
    for (std::size_t i = 0; i < rows[0].size(); ++i) {
      std::vector<std::int64_t> factors;
      for (std::size_t row = 0; row < rows.size(); ++row) {
        factors.push_back(signs[row] ? -rows[row][i] : rows[row][i]);
      }
      base.push_back(base_factor(factors, weight));
    }
    const long digits = count_digits(base);
    if (digits < 2) {
      return {};
    }
    if (level_of(digits, -1) < depth) {
      return base;
    }
  }
  return {};
}

}  // namespace

long count_digits(const std::vector<std::int64_t>& row) {
  long digits = 0;
  for (const std::int64_t factor : row) {
    digits += digits_of(factor);
  }
  return digits;
}

RowTree find_row_tree(const std::vector<std::vector<std::int64_t>>& rows, const std::vector<bool>& signs, int depth,
                      bool with_base) {
  TreeSearch search(rows, depth);
  if (with_base) {
    std::vector<std::int64_t> base = find_base(rows, signs, depth);
    if (!base.empty()) {
      search.set_base(std::move(base));
    }
  }
  return search.run();
}

}  // namespace rtlgen
