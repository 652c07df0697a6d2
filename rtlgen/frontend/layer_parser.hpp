// The `layers` list of a YAML description.
#pragma once

#include "rtlgen/frontend/layer_spec.hpp"
#include "rtlgen/frontend/yaml_node.hpp"

namespace rtlgen {

/// Reads the list; takes transformer blocks apart and repeats them. Checks keys, types, ranges and names, but not that
/// the layers referred to exist. Throws SourceError.
LayerList parse_layers(const YamlNode& node);

}  // namespace rtlgen
