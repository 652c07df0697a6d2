// Layers that leave fewer tokens or features: pool, flatten and argmax.
#include "rtlgen/frontend/layer_types.hpp"

namespace rtlgen {

LayerSpec::What read_pool(const LayerKeys& keys) {
  const std::string mode = keys.choice("mode", {"mean", "sum", "max"});
  return PoolSpec{mode == "mean" ? PoolMode::mean : mode == "sum" ? PoolMode::sum : PoolMode::max};
}

std::size_t expand(Expansion& model, const LayerSpec& spec, const PoolSpec& said) {
  Layer made = model.make(spec, spec.name.name, model.with_mask({model.input()}), PoolLayer{said.mode});
  made.tokens = 1;
  return model.push(std::move(made));
}

// The dense layer behind it flattens.
std::size_t expand(Expansion& model, const LayerSpec& /*spec*/, const FlattenSpec& /*said*/) { return model.input(); }

std::size_t expand(Expansion& model, const LayerSpec& spec, const ArgmaxSpec& /*said*/) {
  Layer made = model.make(spec, spec.name.name, {model.input()}, ArgmaxLayer{});
  made.features = 1;
  return model.push(std::move(made));
}

}  // namespace rtlgen
