#include "rtlgen/import/read_keras.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "rtlgen/import/chosen_formats.hpp"
#include "rtlgen/import/keras_config.hpp"
#include "rtlgen/import/keras_graph.hpp"
#include "rtlgen/import/keras_problem.hpp"
#include "rtlgen/import/qkeras_quantizer.hpp"

namespace rtlgen {
namespace {

using nlohmann::json;

constexpr int kMostSize = 1024;

/// Whether there is a quantizer of QKeras anywhere in a configuration, or the numbers of one (keras_attention.cpp).
bool has_quantizer(const json& config) {
  if (config_value(config, "num_heads").is_number() && config_value(config, "act_bits").is_number()) {
    return true;
  }
  if (config.is_array() || config.is_object()) {
    for (const auto& [key, value] : config.items()) {
      const bool may_be = key == "activation" || key.find("quantizer") != std::string::npos;
      if ((may_be && is_qkeras_quantizer(value)) || has_quantizer(value)) {
        return true;
      }
    }
  }
  return false;
}

ImportedModel walk(const KerasFile& file, const ImportOptions& options) {
  KerasLayers layers(file, has_quantizer(file.model()));
  const KerasTensor output = layers.join_outputs(walk_keras_graph(file.model(), options.tokens, layers));
  ImportedModel& model = layers.model();
  if (model.layers.empty() || output.name != model.layers.back().name) {
    throw KerasProblem("the model has no layers between its input and its output");
  }
  if (output.flat) {
    throw KerasProblem("the model ends with Flatten, expected Dense behind it");
  }
  model.tokens = layers.event_shape().front();
  model.features = layers.event_shape().back();
  if (model.tokens > kMostSize || model.features > kMostSize) {
    throw KerasProblem(fmt::format("events of {} tokens of {} features, expected at most {} of both", model.tokens,
                                   model.features, kMostSize));
  }
  settle_formats(model, options);
  return model;
}

}  // namespace

ImportedModel read_keras(const ImportOptions& options) {
  const KerasFile file(options.file, options.config);
  try {
    ImportedModel model = walk(file, options);
    model.source = fmt::format("Keras{}{}, {}", file.version().empty() ? "" : " ", file.version(),
                               std::filesystem::path(options.file).filename().string());
    return model;
  } catch (const KerasProblem& problem) {
    throw SourceError({options.file}, problem.what());
  }
}

}  // namespace rtlgen
