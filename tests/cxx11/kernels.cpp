// The integer kernels are C++11 without dependencies: this file is compiled so, with nothing but their headers in
// sight.
#include "ir/numerics/batch_rounding.hpp"
#include "ir/numerics/fixed_point.hpp"
#include "ir/numerics/rounding.hpp"
#include "ir/numerics/table_kernels.hpp"

namespace rtlgen {
namespace testing {

/// Uses each of them.
std::int64_t use_kernels(std::int64_t x, const std::int64_t* table) {
  Quantizer quantizer;
  quantizer.format.width = 8;
  quantizer.format.integer = 4;
  double batch[] = {static_cast<double>(x), 0.0};
  requantize_all(batch, 2, 10, quantizer, true);
  return static_cast<std::int64_t>(batch[0]) + limit<std::int64_t>(x, -1, 1) + requantize(x, 10, quantizer, true) +
         quantize_real(0.5, quantizer) + table_entry(table, 4, x) + exp2_by_table(table, 2, 8, x, 0) +
         reciprocal_by_table(table, 2, 3, x, 8) + even_shift(x, 8);
}

}  // namespace testing
}  // namespace rtlgen
