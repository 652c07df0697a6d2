#include "rtlgen/import/read_onnx.hpp"

namespace rtlgen {

ImportedModel read_onnx(const ImportOptions& options) {
  throw SourceError({options.file}, "ONNX files cannot be read yet");
}

}  // namespace rtlgen
