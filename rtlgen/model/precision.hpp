// What may be said of a layer's number formats.
#pragma once

#include <optional>

#include "ir/numerics/format.hpp"

namespace rtlgen {

/// What is absent comes from the model's default.
struct Precision {
  std::optional<FormatSpec> weight;
  std::optional<FormatSpec> bias;
  std::optional<FormatSpec> activation;   ///< the layer's output
  std::optional<FormatSpec> accumulator;  ///< dense: quantizes the sum before the activation (default: exact)
  std::optional<FormatSpec> score;        ///< attention: scores in units of log2 (default: auto<activation bits + 2>)
  std::optional<int> exp_bits;            ///< attention, softmax: bits of 2^x (default: activation bits + 2)
  std::optional<int>
      exp_index_bits;  ///< attention, softmax: fraction bits that index the exp table (default: from exp bits)
  std::optional<int> table_bits;  ///< bits of a table's index: activation functions, reciprocals, rsqrt
};

}  // namespace rtlgen
