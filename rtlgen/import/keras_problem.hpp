// What is wrong with a part of a Keras model, before the file and the layer are named.
#pragma once

#include <stdexcept>

namespace rtlgen {

/// Thrown by the parts of the reader; the reader of the file turns it into a SourceError with file, layer and class.
struct KerasProblem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace rtlgen
