// Which layers of a description can do without rounding.
#pragma once

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// Whether a layer rounds nothing where its precision is `exact` (docs/yaml.md, Exact layers). Not of quantize layers;
/// and functions can be exact between those, see quantized_functions().
bool can_be_exact(const ImportedModel& model, const ImportedLayer& layer);

}  // namespace rtlgen
