#include "rtlgen/import/exact_layers.hpp"

#include <set>

#include "rtlgen/model/layer_traits.hpp"

namespace rtlgen {

bool can_be_exact(const ImportedModel& model, const ImportedLayer& layer) {
  static const std::set<std::string> kTypes = {"dense",  "affine",  "batch_norm", "add",
                                               "concat", "flatten", "scores",     "mix"};
  const bool is_function = layer.type == "activation";
  const std::string function = layer.keys.value(is_function ? "function" : "activation", "none");
  if (function != "none" && !only_limits(function)) {
    return false;
  }
  if (layer.type == "pool") {
    const PoolMode mode = layer.keys.value("mode", "") == "mean" ? PoolMode::mean : PoolMode::sum;
    return is_exact_pool(mode, model.mask != MaskKind::none);
  }
  return is_function || kTypes.count(layer.type) != 0;
}

}  // namespace rtlgen
