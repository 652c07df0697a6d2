// Functions of imported models that become exact tables.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// The layers with a function of real numbers (an activation other than relu and clip) that an exact model can keep
/// exact (docs/yaml.md, Exact layers): all that reads them is a quantize layer, or leads to one over nothing but affine
/// layers and activations, and the codes on one side of the function have at most 12 bits. Layers must stand behind
/// their inputs.
std::set<std::string> quantized_functions(const std::vector<ImportedLayer>& layers);

}  // namespace rtlgen
