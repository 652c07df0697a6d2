#include "rtlgen/frontend/layer_types.hpp"

namespace rtlgen {
namespace {

/// Of a type without keys.
template <typename T>
LayerSpec::What nothing(const LayerKeys& /*keys*/) {
  return T();
}

}  // namespace

const std::vector<LayerType>& layer_types() {
  static const std::vector<LayerType> kTypes = {
      {"dense", {"units", "activation", "use_bias"}, read_dense},
      {"activation", {"function", "low", "high", "slope"}, read_activation},
      {"multi_head_attention",
       {"heads", "key_dim", "value_dim", "units", "use_bias", "row_max", "projection"},
       read_attention},
      {"layer_norm", {"epsilon"}, read_layer_norm},
      {"rms_norm", {"epsilon"}, read_rms_norm},
      {"batch_norm", {"epsilon"}, read_batch_norm},
      {"feed_forward", {"hidden", "activation", "use_bias"}, read_feed_forward},
      {"pool", {"mode"}, read_pool},
      {"flatten", {}, nothing<FlattenSpec>},
      {"softmax", {"groups", "masked", "exp_index", "exp_frac", "inv_index", "inv_frac"}, read_softmax},
      {"argmax", {}, nothing<ArgmaxSpec>},
      {"affine", {"use_bias"}, read_affine},
      {"quantize",
       {"format", "formats", "bits", "scale", "zero_point", "signed", "narrow", "low", "high", "bipolar", "rounding",
        "overflow"},
       read_quantize},
  };
  return kTypes;
}

const std::vector<LayerType>& operand_types() {
  static const std::vector<LayerType> kTypes = {{"add", {"activation"}, read_add},
                                                {"concat", {}, nothing<ConcatSpec>},
                                                {"scores", {"heads", "kv_heads"}, read_scores},
                                                {"mix", {"heads", "kv_heads"}, read_mix}};
  return kTypes;
}

std::size_t expand(Expansion& model, const LayerSpec& spec) {
  return std::visit([&](const auto& said) { return expand(model, spec, said); }, spec.what);
}

}  // namespace rtlgen
