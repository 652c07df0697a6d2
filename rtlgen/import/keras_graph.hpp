// The graph of a Keras model: which layer is called on which tensors, submodels included.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "rtlgen/import/keras_layers.hpp"

namespace rtlgen {

/// Walks the Sequential or Functional model `model` ({class_name, config}) from its outputs back to its input and
/// applies its layers; layers that do not lead to an output are left out. `tokens`: the length of an open token axis.
/// Returns the outputs. Throws KerasProblem; its text begins with the layer and its class where it is about one.
std::vector<KerasTensor> walk_keras_graph(const nlohmann::json& model, std::optional<int> tokens, KerasLayers& layers);

/// The name of a layer's variables in a `.keras` file: its class in snake case.
std::string keras_store_name(const std::string& class_name);

}  // namespace rtlgen
