// Input and mask.
#include "primitives/sources.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"

namespace rtlgen {

ExactTensor lower(LoweringContext& context, const Layer& layer, const InputLayer& /*what*/) {
  const Model& model = context.model();
  const Quantizer format = context.quantizer(layer, model.input_format);
  return context.append(layer.name, Input(model.tokens, model.features, format), {});
}

ExactTensor lower(LoweringContext& context, const Layer& layer, const MaskLayer& /*what*/) {
  return context.append(layer.name, Mask(context.model().tokens, context.model().mask), {});
}

}  // namespace rtlgen
