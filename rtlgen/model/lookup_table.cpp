#include "rtlgen/model/lookup_table.hpp"

#include <cmath>

#include "ir/numerics/rounding.hpp"
#include "ir/numerics/table_kernels.hpp"

namespace rtlgen {

double LookupTable::at(double x) const {
  return std::ldexp(static_cast<double>(table_entry(values.data(), values.size(), quantize_real(x, index))), -frac);
}

}  // namespace rtlgen
