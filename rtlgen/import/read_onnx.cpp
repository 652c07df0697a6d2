#include "rtlgen/import/read_onnx.hpp"

#include "rtlgen/import/onnx_file.hpp"
#include "rtlgen/import/onnx_layers.hpp"

namespace rtlgen {

ImportedModel read_onnx(const ImportOptions& options) {
  const OnnxGraph graph = read_onnx_file(options.file);
  const std::vector<OnnxReading> readings = event_readings(graph, options.tokens);
  std::optional<SourceError> first;  // the likeliest reading tells most
  for (const OnnxReading& reading : readings) {
    try {
      return make_layers(interpret_onnx(graph, reading, options.tokens), graph, options);
    } catch (const SourceError& error) {
      first = first ? first : std::optional<SourceError>(error);
    }
  }
  throw *first;
}

}  // namespace rtlgen
