#include "rtlgen/import/layer_links.hpp"

#include <map>
#include <string>

namespace rtlgen {

LayerLinks::LayerLinks(const std::vector<ImportedLayer>& layers) : inputs_(layers.size()), readers_(layers.size()) {
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (const std::string& name : input_names(layers, i)) {
      const auto place = places.find(name);
      const std::size_t input = place == places.end() ? kEventPlace : place->second;
      inputs_[i].push_back(input);
      (input == kEventPlace ? event_readers_ : readers_[input]).push_back(i);
    }
    places[layers[i].name] = i;
  }
}

std::vector<std::string> input_names(const std::vector<ImportedLayer>& layers, std::size_t layer) {
  if (!layers[layer].inputs.empty()) {
    return layers[layer].inputs;
  }
  return {layer == 0 ? "event" : layers[layer - 1].name};
}

}  // namespace rtlgen
