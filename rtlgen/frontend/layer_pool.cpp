// pool: the tokens of an event into one.
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

}  // namespace rtlgen
