// Keras models: `.h5` (Keras 2) and `.keras` (Keras 3), with the layers of QKeras.
#pragma once

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// Reads the model in `options.file`. Throws SourceError for files that are damaged and for layers that have no
/// counterpart; the message names the layer, its class and the nearest supported form.
ImportedModel read_keras(const ImportOptions& options);

}  // namespace rtlgen
