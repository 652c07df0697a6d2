#include "ir/lookup_table.hpp"

#include <cmath>

#include "primitives/requantize.hpp"
#include "primitives/table.hpp"

namespace rtlgen {

double LookupTable::at(double x) const {
  return std::ldexp(static_cast<double>(table_entry(values, quantize_real(x, index))), -frac);
}

}  // namespace rtlgen
