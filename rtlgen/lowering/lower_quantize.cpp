#include "rtlgen/lowering/exact_lowering.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"

namespace rtlgen {

ExactTensor lower(LoweringContext& context, const Layer& layer, const QuantizeLayer& what) {
  const ExactTensor& x = context.input(layer);
  const bool is_output = &layer == &context.model().layers.back();  // a node of its own
  if (!is_output && is_unchanged(context.graph(), x, what.quantizer)) {
    return context.share(layer, x);
  }
  return context.share(layer, quantize_exact(context.graph(), x, what.quantizer, layer.name));
}

}  // namespace rtlgen
