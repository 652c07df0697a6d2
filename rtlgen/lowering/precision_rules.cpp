#include "rtlgen/lowering/precision_rules.hpp"

#include <algorithm>

namespace rtlgen {
namespace {

constexpr int kDefaultBits = 16;

}  // namespace

FormatSpec PrecisionRules::format(const Layer& layer, std::optional<FormatSpec> Precision::*which) const {
  FormatSpec automatic;
  automatic.bits = kDefaultBits;
  return said(layer, which).value_or(automatic);
}

int PrecisionRules::activation_bits(const Layer& layer) const {
  const FormatSpec chosen = activation(layer);
  return chosen.automatic ? chosen.bits : chosen.quantizer.format.width;
}

int PrecisionRules::table_bits(const Layer& layer) const {
  return said(layer, &Precision::table_bits).value_or(std::clamp(activation_bits(layer) - 1, 6, 10));
}

int PrecisionRules::function_bits(const Layer& layer) const {
  return said(layer, &Precision::table_bits).value_or(std::min(activation_bits(layer), 10));
}

int PrecisionRules::exp_bits(const Layer& layer) const {
  return said(layer, &Precision::exp_bits).value_or(std::clamp(activation_bits(layer) + 2, 8, 16));
}

// Six address bits are one LUT6 a table bit.
int PrecisionRules::exp_index_bits(const Layer& layer) const {
  return said(layer, &Precision::exp_index_bits).value_or(exp_bits(layer) <= 12 ? 6 : 8);
}

}  // namespace rtlgen
