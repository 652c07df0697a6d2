// ONNX models, with the quantizers of QONNX and QuantizeLinear/DequantizeLinear.
#pragma once

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// Reads the model in `options.file`. Throws SourceError for files that are damaged and for nodes that have no
/// counterpart; the message names the node, its op and the nearest supported form.
ImportedModel read_onnx(const ImportOptions& options);

}  // namespace rtlgen
