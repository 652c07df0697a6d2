// Activations of Keras and QKeras as layers of a description.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// The layers that an activation stands for, to be applied one after the other: none for `linear`; names and inputs are
/// left open. `value` is a text (`relu`, `quantized_relu(6)`), an object {class_name, config} or null; `features` is
/// the width of the tensor. Throws KerasProblem for functions without a counterpart, naming the nearest.
std::vector<ImportedLayer> activation_layers(const nlohmann::json& value, int features);

/// The layers of relu(x) limited to `high` (none: unlimited).
std::vector<ImportedLayer> relu_layers(std::optional<double> high);

/// The layers of x for positive x, else slope x.
std::vector<ImportedLayer> leaky_relu_layers(double slope);

}  // namespace rtlgen
