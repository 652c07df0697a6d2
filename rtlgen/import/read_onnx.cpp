#include "rtlgen/import/read_onnx.hpp"

#include "rtlgen/import/onnx_file.hpp"
#include "rtlgen/import/onnx_layers.hpp"

namespace rtlgen {

ImportedModel read_onnx(const ImportOptions& options) {
  const OnnxGraph graph = read_onnx_file(options.file);
  const std::vector<OnnxReading> readings = event_readings(graph, options.tokens.has_value());
  for (std::size_t i = 1; i < readings.size(); ++i) {
    try {
      return make_layers(interpret_onnx(graph, readings[i - 1], options.tokens), graph, options);
    } catch (const SourceError& error) {
      try {
        return make_layers(interpret_onnx(graph, readings[i], options.tokens), graph, options);
      } catch (const SourceError&) {
        throw error;  // the likelier reading tells more
      }
    }
  }
  return make_layers(interpret_onnx(graph, readings[0], options.tokens), graph, options);
}

}  // namespace rtlgen
