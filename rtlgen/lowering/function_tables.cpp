#include "rtlgen/lowering/function_tables.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "rtlgen/model/calibrate.hpp"

namespace rtlgen {
namespace {

constexpr int kTailSamples = 200;  // of what lies beyond the index
constexpr int kMostHalvings = 24;  // of the domain's range
constexpr int kMoreRange = 2;      // whole bits that two tables may have more than one

std::size_t at(std::int64_t index) { return static_cast<std::size_t>(index); }

/// The format of an index with `integer` whole bits and as many bits as there are, up to `bits`.
Format index_format(const Domain& domain, int integer, int bits) {
  return {domain.low < 0, std::min(bits, integer + domain.frac), integer};
}

/// Shares of a length, from 1 down, an eighth of an octave apart: it may be long, and something happen at its
/// beginning.
double near_zero(int i) { return std::exp2(-i / 8.0); }

double step_of(const Format& index) { return std::ldexp(1.0, -index.frac()); }

bool beyond(const Domain& domain, const Format& index, bool high) {
  const double step = step_of(index);
  return high ? domain.high > (static_cast<double>(index.max()) + 0.5) * step
              : domain.low < (static_cast<double>(index.min()) - 0.5) * step;
}

double largest_error(const TableTarget& target, const Domain& domain, const FunctionTables& tables) {
  const Format& index = tables.index;
  const double step = step_of(index);
  const double reach = index.frac() < domain.frac ? step / 2 : 0;  // of a code to both sides
  const auto code_of = [&](double x) {
    return std::clamp(static_cast<std::int64_t>(std::floor(x / step + 0.5)), index.min(), index.max());
  };
  double worst = 0;
  for (std::int64_t code = code_of(domain.low); code <= code_of(domain.high); ++code) {
    const double x = static_cast<double>(code) * step;
    const double value = tables.value(code);
    for (const double place : {x - reach, x + reach}) {
      worst = std::max(worst, target.error(std::clamp(place, domain.low, domain.high), value));
    }
    // All that the function does may be within the code of 0.
    for (int i = 1; code == 0 && reach > 0 && i <= kTailSamples; ++i) {
      const double place = reach * near_zero(i);
      worst = std::max({worst, target.error(std::clamp(-place, domain.low, domain.high), value),
                        target.error(std::clamp(place, domain.low, domain.high), value)});
    }
  }
  for (const bool high : {false, true}) {
    if (beyond(domain, index, high)) {
      const std::int64_t code = high ? index.max() : index.min();
      const double from = static_cast<double>(code) * step;
      const double to = high ? domain.high : domain.low;
      const double value = tables.value(code);
      for (int i = 0; i <= kTailSamples; ++i) {
        worst = std::max(worst, target.error(from + (to - from) * near_zero(i), value));
      }
    }
  }
  return worst;
}

FunctionTables one_table_of(const TableTarget& target, const Domain& domain, const Format& index) {
  FunctionTables tables;
  tables.index = index;
  for (std::int64_t code = index.min(); code <= index.max(); ++code) {
    tables.coarse.push_back(target.function(static_cast<double>(code) * step_of(index)));
  }
  if (beyond(domain, index, false)) {
    tables.coarse.front() = target.function(domain.low);
  }
  if (beyond(domain, index, true)) {
    tables.coarse.back() = target.function(domain.high);
  }
  tables.error = largest_error(target, domain, tables);
  return tables;
}

/// `row_bits` < bits < index.width.
FunctionTables two_tables_of(const TableTarget& target, const Domain& domain, const Format& index, int row_bits,
                             int bits) {
  FunctionTables tables;
  tables.index = index;
  tables.row_bits = row_bits;
  tables.low_bits = index.width - bits;
  const double step = step_of(index);
  const std::int64_t cell = std::int64_t{1} << tables.low_bits;     // codes of a coarse entry
  const std::int64_t cells = std::int64_t{1} << (bits - row_bits);  // coarse entries of a row
  const double span = static_cast<double>(cell - 1) * step;
  std::int64_t code = index.min();
  for (std::int64_t row = 0; row < std::int64_t{1} << row_bits; ++row) {
    // The slope in the middle between the least and the largest of the row.
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    for (std::int64_t i = 0; i < cells; ++i, code += cell) {
      const double first = target.function(static_cast<double>(code) * step);
      const double last = target.function(static_cast<double>(code + cell - 1) * step);
      tables.coarse.push_back((first + last) / 2);
      least = std::min(least, (last - first) / span);
      most = std::max(most, (last - first) / span);
    }
    for (std::int64_t low = 0; low < cell; ++low) {
      tables.fine.push_back((least + most) / 2 * (static_cast<double>(low) * step - span / 2));
    }
  }
  if (beyond(domain, index, false)) {
    tables.coarse.front() = target.function(domain.low) - tables.fine.front();
  }
  if (beyond(domain, index, true)) {
    tables.coarse.back() = target.function(domain.high) - tables.fine.back();
  }
  tables.error = largest_error(target, domain, tables);
  return tables;
}

/// Whole bits of an index over the whole domain.
int all_bits(const Domain& domain) {
  const double largest = std::max(std::abs(domain.low), std::abs(domain.high));
  return std::max(integer_bits(largest) - (domain.low < 0 ? 0 : 1), 1 - domain.frac);
}

/// The best of what `make` makes of an index with so many whole bits.
template <typename Make>
FunctionTables best_of(int most, int least, Make make) {
  FunctionTables best = make(most);
  for (int integer = most - 1; integer >= least; --integer) {
    FunctionTables tables = make(integer);
    if (tables.error < best.error) {
      best = std::move(tables);
    }
  }
  return best;
}

}  // namespace

double FunctionTables::value(std::int64_t code) const {
  const std::int64_t place = code - index.min();
  if (fine.empty()) {
    return coarse[at(place)];
  }
  const std::int64_t cell = std::int64_t{1} << low_bits;
  return coarse[at(place >> low_bits)] + fine[at((place >> (index.width - row_bits)) * cell + place % cell)];
}

FunctionTables one_table(const TableTarget& target, const Domain& domain, int bits) {
  const int most = all_bits(domain);
  return best_of(most, std::max(1 - domain.frac, most - kMostHalvings),
                 [&](int integer) { return one_table_of(target, domain, index_format(domain, integer, bits)); });
}

FunctionTables two_tables(const TableTarget& target, const Domain& domain, int bits) {
  // More entries are not for much more range.
  const int near = one_table(target, domain, bits).index.integer;
  const int most = std::min(near + kMoreRange, all_bits(domain));
  return best_of(most, std::max(1 - domain.frac, near - 1), [&](int integer) {
    return best_of(bits - 1, std::max(1, bits / 2), [&](int row_bits) {
      const Format index = index_format(domain, integer, 2 * bits - row_bits);
      return index.width > bits && row_bits < bits ? two_tables_of(target, domain, index, row_bits, bits)
                                                   : one_table_of(target, domain, index_format(domain, integer, bits));
    });
  });
}

}  // namespace rtlgen
