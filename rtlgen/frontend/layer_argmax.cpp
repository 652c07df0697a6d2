// argmax: the index of the first largest feature.
#include "rtlgen/frontend/layer_types.hpp"

namespace rtlgen {

std::size_t expand(Expansion& model, const LayerSpec& spec, const ArgmaxSpec& /*said*/) {
  Layer made = model.make(spec, spec.name.name, {model.input()}, ArgmaxLayer{});
  made.features = 1;
  return model.push(std::move(made));
}

}  // namespace rtlgen
