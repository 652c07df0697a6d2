// Networks read from ONNX graphs as layers of docs/yaml.md.
#pragma once

#include "rtlgen/import/onnx_interpreter.hpp"

namespace rtlgen {

/// The layers of `program`, which `graph` was read into. `options` may give the event's format. Throws SourceError for
/// operations that were no part of a layer.
ImportedModel make_layers(OnnxProgram program, const OnnxGraph& graph, const ImportOptions& options);

/// A name that docs/yaml.md allows, made of that of a node or an initializer.
std::string layer_name(const std::string& name);

}  // namespace rtlgen
