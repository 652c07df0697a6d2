// How the rows of a matrix are made of each other.
#pragma once

#include <cstdint>
#include <vector>

namespace rtlgen {

/// A tree over rows of integers: each is a sum of signed digits of its own, or that of another row, or its negative,
/// and of what they differ by. Rows that are alike or combinations of few others have far fewer digits so.
struct RowTree {
  /// How a row is made.
  struct Link {
    int parent = -1;                 ///< row that it is made of; number of rows: the base; -1: none
    bool negative = false;           ///< of the negative of that row
    std::vector<std::int64_t> rest;  ///< what is to be added
    int level = 0;                   ///< adder level by which it can be there (Kraft's inequality)
    bool has_children = false;
  };

  std::vector<std::int64_t> base;  ///< a row of no output, not all even, that others are made of; empty: there is none
  int base_shift = 0;              ///< others are made of base << base_shift
  int base_level = 0;              ///< as Link::level
  std::vector<Link> links;         ///< a row each
  long terms = 0;                  ///< signed digits and rows that are added, in all
};

/// A minimum spanning tree (Prim 1957) over the differences and sums of rows, as of Aarrestad et al. (da4ml, 2025):
/// edges are as long as these have canonical signed digits, and no row is deeper than `depth` adder levels. With
/// `with_base` the row is tried too that leaves fewest digits of all rows, input by input; of these, `signs` has the
/// ones that are to be negated before. Takes rows^2 * inputs steps.
RowTree find_row_tree(const std::vector<std::vector<std::int64_t>>& rows, const std::vector<bool>& signs, int depth,
                      bool with_base);

/// Canonical signed digits of all numbers of a row.
long count_digits(const std::vector<std::int64_t>& row);

}  // namespace rtlgen
