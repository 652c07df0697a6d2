// Files of PyTorch, which are read elsewhere.
#pragma once

#include <string>

namespace rtlgen {

/// What is said of the file `path` of PyTorch: what is in it, and the way to a description. Nothing in it is run.
/// Throws SourceError where it cannot be read.
std::string torch_advice(const std::string& path);

}  // namespace rtlgen
