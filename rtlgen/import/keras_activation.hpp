// Activations of Keras and QKeras as layers of a description.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// The layers that an activation stands for, to be applied one after the other: none for `linear`; names and inputs are
/// left open. `value` is a text (`relu`, `quantized_relu(6)`), null, or an object {class_name, config} of a function,
/// of a quantizer or of a layer that is a function (LeakyReLU); `features` is the width of the tensor. Throws
/// KerasProblem for functions without a counterpart, naming the nearest.
std::vector<ImportedLayer> activation_layers(const nlohmann::json& value, int features);

/// The precision of a softmax whose result is rounded in its model: it has more bits than that.
nlohmann::ordered_json softmax_precision();

}  // namespace rtlgen
