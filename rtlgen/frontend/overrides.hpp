// `--set path=value`: changes to a YAML tree from the command line.
#pragma once

#include <string>

#include "rtlgen/frontend/yaml_node.hpp"

namespace rtlgen {

/// Applies `path=value` to `root`. The path is dotted; elements of a list are named by their index or their `name`;
/// missing keys of maps are made; an empty value removes the key. The new values' place is `--set path=value`. Throws
/// SourceError.
void apply_override(YamlNode& root, const std::string& assignment);

}  // namespace rtlgen
