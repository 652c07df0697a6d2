#include "rtlgen/import/exact_layers.hpp"

#include <set>

namespace rtlgen {

bool can_be_exact(const ImportedModel& model, const ImportedLayer& layer) {
  static const std::set<std::string> kTypes = {"dense",  "affine",  "batch_norm", "add",
                                               "concat", "flatten", "scores",     "mix"};
  const bool is_function = layer.type == "activation";
  const std::string function = layer.keys.value(is_function ? "function" : "activation", "none");
  if (function != "none" && function != "relu" && function != "clip" && function != "linear") {
    return false;
  }
  if (layer.type == "pool") {  // the mean of real tokens divides by another number in each event
    return layer.keys.value("mode", "") != "mean" || model.mask == MaskKind::none;
  }
  return is_function || kTypes.count(layer.type) != 0;
}

}  // namespace rtlgen
