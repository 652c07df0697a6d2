// The integer kernels are C++11 without dependencies: this file is compiled so, with nothing but their headers in
// sight.
#include "ir/numerics/attention_kernel.hpp"
#include "ir/numerics/batch_rounding.hpp"
#include "ir/numerics/fixed_point.hpp"
#include "ir/numerics/normalize_kernel.hpp"
#include "ir/numerics/rounding.hpp"
#include "ir/numerics/softmax_kernel.hpp"
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
  std::int64_t token[] = {x, 1};
  const NormalizeKernel normalize{true, 1, 40, table, 2, 8, quantizer};
  const SoftmaxKernel softmax{table, 2, 8, table, 2, 3, 9, 10, quantizer};
  const LookupKernel lookup{quantizer, table, 4, 6};
  const TableSoftmaxKernel table_softmax{lookup, lookup, 4, quantizer};
  const std::int64_t sums =
      normalize(token, 2, token) + softmax(token, nullptr, 2, token) + table_softmax(token, nullptr, 2, token) +
      static_cast<std::int64_t>(thresholds_reached(table, 4, x)) + first_largest(table, 4) + address_of_ends(x, 1, 2);
  const AttentionKernel attention{quantizer, true, table, 2, 8, 0, table, 2, 3, 9, 10, quantizer};
  const std::int64_t attended = attention.result(attention.weight(attention.highest()), attention.inverse(x));
  return sums + attended + static_cast<std::int64_t>(batch[0]) + limit<std::int64_t>(x, -1, 1) +
         requantize(x, 10, quantizer, true) + quantize_real(0.5, quantizer) + table_entry(table, 4, x) +
         exp2_by_table(table, 2, 8, x, 0) + reciprocal_by_table(table, 2, 3, x, 8) + even_shift(x, 8);
}

}  // namespace testing
}  // namespace rtlgen
