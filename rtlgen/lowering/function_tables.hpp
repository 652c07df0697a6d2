// Tables that stand for a function of real numbers: which ones, and how far they are off.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ir/numerics/format.hpp"

namespace rtlgen {

/// The numbers that a function is asked for: [low, high], whole multiples of 2^-frac.
struct Domain {
  double low = 0;
  double high = 0;
  int frac = 0;
};

/// What is to be in the tables, and what they are judged by.
struct TableTarget {
  std::function<double(double)> function;
  /// How far a result is off where the tables say `value` for x.
  std::function<double(double x, double value)> error;
};

/// A number is rounded to `index`, saturating. One table: `coarse` has an entry for each code, from the smallest on.
/// Two: `coarse` has one for each code without its `low_bits` lowest bits; to that is added an entry of `fine`, which
/// the `row_bits` highest bits and the `low_bits` lowest ones choose (a bipartite table: Das Sarma and Matula, Faithful
/// bipartite ROM reciprocal tables, 1995).
struct FunctionTables {
  Format index;
  int low_bits = 0;
  int row_bits = 0;
  std::vector<double> coarse;
  std::vector<double> fine;
  double error = 0;  ///< the largest anywhere in the domain

  /// What the tables say for a code.
  double value(std::int64_t code) const;
};

/// One table of at most 2^bits entries: over that part of the domain with which it is least off. Beyond it the entries
/// at its ends hold, which are the function's values at the domain's ends.
FunctionTables one_table(const TableTarget& target, const Domain& domain, int bits);

/// The best pair of tables, each of at most 2^bits entries. Where the domain has no more codes than one table has
/// entries, this is one_table().
FunctionTables two_tables(const TableTarget& target, const Domain& domain, int bits);

}  // namespace rtlgen
