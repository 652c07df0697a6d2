#include "rtlgen/import/keras_refusals.hpp"

#include <fmt/format.h>

#include <cctype>
#include <map>

#include "rtlgen/import/keras_config.hpp"

namespace rtlgen {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// What of QKeras comes nearest to a class of HGQ 1; empty where it is none.
std::string nearest_to_hgq1(const std::string& class_name) {
  static const std::map<std::string, std::string> kNearest = {
      {"HQuantize", "QActivation"},
      {"HActivation", "QActivation"},
      {"FixedPointQuantizer", "QActivation"},
      {"UnaryLUT", "QActivation"},
      {"HDense", "QDense"},
      {"HDenseBatchNorm", "QDense followed by QBatchNormalization"},
      {"HBatchNormalization", "QBatchNormalization"},
      {"HAdd", "Add"},
      {"PConcatenate", "Concatenate"},
      {"PDropout", "Dropout"},
      {"PFlatten", "Flatten"},
      {"PReshape", "Reshape"},
      {"Signature", "QActivation"},
  };
  const auto found = kNearest.find(class_name);
  if (found != kNearest.end()) {
    return found->second;
  }
  const bool is_prefixed = class_name.size() > 1 && (class_name[0] == 'H' || class_name[0] == 'P') &&
                           std::isupper(static_cast<unsigned char>(class_name[1])) != 0;
  return is_prefixed && has(class_name, "Conv") ? "QDense, as convolutions are not supported" : "";
}

}  // namespace

std::string hgq_problem(const std::string& class_name, const nlohmann::json& config) {
  const std::string nearest = nearest_to_hgq1(class_name);
  if (!nearest.empty() || !config_value(config, "paq_conf").is_null()) {
    return fmt::format("a layer of HGQ 1; nearest: {} of QKeras, or a model of HGQ2 and scripts/export_hgq.py",
                       nearest.empty() ? "a layer" : nearest);
  }
  if (config.is_object()) {
    for (const auto& [key, value] : config.items()) {
      if (ends_with(key, "q_conf") && !value.is_null()) {
        return "a layer of HGQ2; nearest: scripts/export_hgq.py, in the Python of the training";
      }
    }
  }
  return "";
}

std::string unknown_class_problem(const std::string& class_name) {
  static const std::map<std::string, std::string> kNearest = {
      {"PReLU", "LeakyReLU"},
      {"ThresholdedReLU", "ReLU"},
      {"GlobalAveragePooling2D", "GlobalAveragePooling1D"},
      {"QGlobalAveragePooling2D", "GlobalAveragePooling1D"},
      {"GlobalMaxPooling2D", "GlobalMaxPooling1D"},
      {"GroupQueryAttention", "MultiHeadAttention"},
      {"Attention", "MultiHeadAttention"},
      {"AdditiveAttention", "MultiHeadAttention"},
      {"QDenseBatchnorm", "QDense followed by BatchNormalization"},
      {"GroupNormalization", "LayerNormalization"},
      {"UnitNormalization", "RMSNormalization"},
      {"Normalization", "BatchNormalization"},
      {"Rescaling", "BatchNormalization"},
      {"PruneLowMagnitude", "the layer in it (tfmot's strip_pruning)"},
      {"QuantizeWrapperV2", "the float model, or one of QKeras"},
      {"Lambda", "a layer of Keras"},
      {"TFOpLambda", "a layer as Add"},
      {"Subtract", "Add"},
      {"Average", "Add"},
      {"Embedding", "Dense"},
  };
  const bool is_quantized =
      class_name.size() > 1 && class_name[0] == 'Q' && std::isupper(static_cast<unsigned char>(class_name[1])) != 0;
  if (has(class_name, "Conv")) {
    return fmt::format("convolutions are not supported; nearest: {} (a dense layer for each token)",
                       is_quantized ? "QDense" : "Dense");
  }
  if (has(class_name, "LSTM") || has(class_name, "GRU") || has(class_name, "RNN") || class_name == "Bidirectional") {
    return "recurrent layers are not supported; nearest: MultiHeadAttention";
  }
  if (has(class_name, "Pooling") && kNearest.count(class_name) == 0) {
    return "pooling of windows is not supported; nearest: GlobalAveragePooling1D or GlobalMaxPooling1D";
  }
  const auto nearest = kNearest.find(class_name);
  return "the class is not supported" + (nearest == kNearest.end() ? "" : "; nearest: " + nearest->second);
}

}  // namespace rtlgen
