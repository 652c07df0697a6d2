// Functions that are known as a table, with the quantizer that makes an address of a number.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/numerics/format.hpp"

namespace rtlgen {

/// A function of one number: the number is rounded to `index`, and its code, in two's complement or unsigned, is the
/// address.
struct LookupTable {
  Quantizer index;
  std::vector<std::int64_t> values;  ///< mantissas, one for each code of `index`
  int frac = 0;                      ///< their fraction bits

  /// The function's value for x.
  double at(double x) const;
};

}  // namespace rtlgen
