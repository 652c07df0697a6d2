#include "primitives/argmax.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"

namespace rtlgen {

ExactTensor lower(LoweringContext& context, const Layer& layer, const ArgmaxLayer& /*what*/) {
  const ExactTensor& x = context.input_node(layer);
  const bool compares_as_mantissas =
      (x.factor.array() == x.factor[0]).all() && x.factor[0] > 0 && (x.offset.array() == x.offset[0]).all();
  return context.append(layer.name, Argmax(), {compares_as_mantissas ? x.node : context.operand(layer)});
}

}  // namespace rtlgen
