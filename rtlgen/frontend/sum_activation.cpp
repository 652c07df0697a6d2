#include "rtlgen/frontend/sum_activation.hpp"

#include "rtlgen/frontend/layer_types.hpp"

namespace rtlgen {

std::string sum_name(const std::string& name, const std::string& function) {
  return function == "none" || function == "relu" ? name : name + ".linear";
}

std::size_t finish_sum(Expansion& model, const LayerSpec& spec, const std::string& name, const std::string& function,
                       std::size_t sum) {
  if (function == "relu") {
    auto* const dense = model.layer(sum).as<DenseLayer>();
    (dense != nullptr ? dense->relu : model.layer(sum).as<AddLayer>()->relu) = true;
  }
  if (function == "none" || function == "relu") {
    return sum;
  }
  return function == "softmax" ? expand_softmax(model, spec, {}, name, sum, true)
                               : model.push_function(spec, name, sum, function);
}

}  // namespace rtlgen
