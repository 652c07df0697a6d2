#include "rtlgen/model/layer_traits.hpp"

namespace rtlgen {

Exactness exactness(const Layer& layer) {
  const auto* const dense = layer.as<DenseLayer>();
  const auto* const affine = layer.as<AffineLayer>();
  const auto* const activation = layer.as<ActivationLayer>();
  const auto* const pool = layer.as<PoolLayer>();
  if (layer.is<InputLayer, MaskLayer, ClipLayer, QuantizeLayer, ConcatLayer, BankProductLayer, ArgmaxLayer>() ||
      (dense != nullptr && dense->weight_step.size() > 0) || (affine != nullptr && affine->token_bias.size() > 0) ||
      (activation != nullptr && activation->function == "linear")) {
    return Exactness::always;
  }
  if (layer.is<DenseLayer, AffineLayer, AddLayer, ActivationLayer, TableSoftmaxLayer>() ||
      (pool != nullptr && is_exact_pool(pool->mode, layer.inputs.size() > 1))) {
    return Exactness::where_asked;
  }
  return Exactness::never;
}

bool is_exact_pool(PoolMode mode, bool masked) { return mode != PoolMode::mean || !masked; }

bool only_limits(const std::string& function) {
  return function == "relu" || function == "clip" || function == "linear";
}

bool has_relu(const Layer& layer) {
  const auto* const dense = layer.as<DenseLayer>();
  const auto* const add = layer.as<AddLayer>();
  return (dense != nullptr && dense->relu) || (add != nullptr && add->relu);
}

bool comes_with_event(const Layer& layer) { return layer.is<InputLayer, MaskLayer>(); }

bool is_limiter(const Layer& layer) { return layer.is<QuantizeLayer, ClipLayer>(); }

bool rounds_to_events(const Layer& layer) {
  return !comes_with_event(layer) && !layer.is<QuantizeLayer, SoftmaxLayer, TableSoftmaxLayer, ArgmaxLayer>();
}

bool takes_factors(const Layer& layer) {
  const auto* const affine = layer.as<AffineLayer>();
  return (layer.is<DenseLayer>() && !has_relu(layer)) || (affine != nullptr && affine->token_bias.size() == 0);
}

}  // namespace rtlgen
