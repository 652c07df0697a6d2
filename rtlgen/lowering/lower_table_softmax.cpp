#include <algorithm>

#include "primitives/table_softmax.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"

namespace rtlgen {
namespace {

LookupStage stage(const LookupTable& table) { return {table.index, vector_literal(table.values), table.frac}; }

std::int64_t largest_entry(const LookupTable& table) {
  return *std::max_element(table.values.begin(), table.values.end());
}

/// What the product of both tables' entries is rounded to; exact: the format that holds it.
Quantizer probability_quantizer(const FormatSpec& chosen, const TableSoftmaxLayer& softmax) {
  if (chosen.automatic) {  // probabilities: 0 to 1
    return {Format{false, chosen.bits, 0}, chosen.quantizer.rounding, chosen.quantizer.overflow};
  }
  if (!chosen.exact) {
    return chosen.quantizer;
  }
  const std::int64_t product = largest_entry(softmax.exp_table) * largest_entry(softmax.inv_table);
  const int width = std::max(1, signed_width({0, product}) - 1);
  return {Format{false, width, width - softmax.exp_table.frac - softmax.inv_table.frac}, Rounding::trn, Overflow::wrap};
}

}  // namespace

ExactTensor lower(LoweringContext& context, const Layer& layer, const TableSoftmaxLayer& what) {
  TableSoftmax softmax;
  softmax.exp = stage(what.exp_table);
  softmax.inv = stage(what.inv_table);
  softmax.groups = what.groups;
  softmax.output = probability_quantizer(context.precision().activation(layer), what);
  return context.append(layer.name, std::move(softmax), context.operands(layer));
}

}  // namespace rtlgen
