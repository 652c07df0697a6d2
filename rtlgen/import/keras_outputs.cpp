// The outputs of a Keras model as one.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "rtlgen/import/keras_layers.hpp"
#include "rtlgen/import/keras_problem.hpp"
#include "rtlgen/import/keras_shapes.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kMostFeatures = std::size_t{1} << 24;

}  // namespace

KerasTensor KerasLayers::join_outputs(const std::vector<KerasTensor>& outputs) {
  const KerasTensor& first = outputs.front();
  const auto cannot_join = [&](const KerasTensor& output) {
    return output.flat || !output.constant.empty() || output.shape.size() > 2 || tokens_of(output) != tokens_of(first);
  };
  const auto other = std::find_if(outputs.begin(), outputs.end(), cannot_join);
  KerasTensor joined = first;
  if (outputs.size() > 1 && other == outputs.end()) {
    std::size_t features = 0;
    std::string places;
    for (const KerasTensor& output : outputs) {
      places += fmt::format("{}'{}' from feature {}", places.empty() ? "" : ", ", output.name, features);
      features += features_of(output);
      if (features > kMostFeatures) {
        throw KerasProblem(fmt::format("the outputs have more than {} features", kMostFeatures));
      }
    }
    KerasCall call;
    call.class_name = "Concatenate";
    call.place.names = {"outputs"};
    ImportedLayer layer;
    layer.type = "concat";
    joined = emit(call, layer, outputs, with_features(first, features));
    model_.notes.push_back("the outputs stand side by side: " + places);
  } else if (outputs.size() > 1) {
    // The first may be what cannot be joined.
    const KerasTensor& apart = other == outputs.begin() ? outputs[1] : *other;
    model_.notes.push_back(fmt::format("only the first of {} outputs is taken: '{}' {}; '{}' {} cannot stand beside it",
                                       outputs.size(), first.name, shape_of(first.shape), apart.name,
                                       shape_of(apart.shape)));
  }
  keep_what_leads_to(joined.name);
  return joined;
}

/// Drops the other layers; the one of this name is the last then, as inputs stand in front of their readers.
void KerasLayers::keep_what_leads_to(const std::string& output) {
  std::string before = "event";
  for (ImportedLayer& layer : model_.layers) {
    if (layer.inputs.empty()) {
      layer.inputs = {before};
    }
    before = layer.name;
  }
  std::set<std::string> needed = {output};
  std::vector<ImportedLayer> kept;
  for (auto layer = model_.layers.rbegin(); layer != model_.layers.rend(); ++layer) {
    if (needed.count(layer->name) != 0) {
      needed.insert(layer->inputs.begin(), layer->inputs.end());
      kept.push_back(std::move(*layer));
    }
  }
  model_.layers.assign(std::make_move_iterator(kept.rbegin()), std::make_move_iterator(kept.rend()));
  before = "event";
  for (ImportedLayer& layer : model_.layers) {
    if (layer.inputs.size() == 1 && layer.inputs.front() == before) {
      layer.inputs.clear();
    }
    before = layer.name;
  }
}

}  // namespace rtlgen
