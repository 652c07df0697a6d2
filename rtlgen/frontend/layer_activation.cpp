#include <fmt/format.h>

#include <map>

#include "rtlgen/frontend/layer_types.hpp"

namespace rtlgen {

LayerSpec::What read_activation(const LayerKeys& keys) {
  ActivationSpec activation;
  activation.function = keys.choice("function", functions_and({"leaky_relu", "clip", "linear"}));
  const std::map<std::string, std::string> owners = {{"low", "clip"}, {"high", "clip"}, {"slope", "leaky_relu"}};
  for (const auto& [key, owner] : owners) {
    const YamlNode* const value = keys.find(key);
    if (value != nullptr && activation.function != owner) {
      throw SourceError(value->where, fmt::format("'{}' belongs to 'function: {}'", key, owner));
    }
  }
  if (activation.function == "clip") {
    activation.low = keys.number("low", -kMaxReal, kMaxReal);
    activation.high = keys.number("high", activation.low, kMaxReal);
  } else if (activation.function == "leaky_relu") {
    activation.slope = keys.number("slope", -kMaxReal, kMaxReal);
  }
  return activation;
}

std::size_t expand(Expansion& model, const LayerSpec& spec, const ActivationSpec& said) {
  return said.function == "clip"
             ? model.push(model.make(spec, spec.name.name, {model.input()}, ClipLayer{said.low, said.high}))
             : model.push_function(spec, spec.name.name, model.input(), said.function, said.slope);
}

}  // namespace rtlgen
