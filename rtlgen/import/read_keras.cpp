#include "rtlgen/import/read_keras.hpp"

namespace rtlgen {

ImportedModel read_keras(const ImportOptions& options) {
  throw SourceError({options.file}, "Keras files cannot be read yet");
}

}  // namespace rtlgen
