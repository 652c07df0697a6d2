// The YAML frontend: from a description and its weights to the float model.
#pragma once

#include <string>
#include <vector>

#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// Reads the model description `path` (docs/yaml.md) with its weights; `overrides` are `path=value` texts as of
/// `--set`. Throws SourceError at the line and column of the first mistake.
Model load_model(const std::string& path, const std::vector<std::string>& overrides);

}  // namespace rtlgen
