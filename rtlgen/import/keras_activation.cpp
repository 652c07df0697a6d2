#include "rtlgen/import/keras_activation.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "rtlgen/import/keras_config.hpp"
#include "rtlgen/import/keras_problem.hpp"
#include "rtlgen/import/qkeras_quantizer.hpp"

namespace rtlgen {
namespace {

/// Of the activation leaky_relu, which has no parameter in a configuration.
constexpr double kLeakySlope = 0.2;

using Layers = std::vector<ImportedLayer>;
using Kind = QKerasQuantizer::Kind;

ImportedLayer layer_of(const std::string& type, nlohmann::ordered_json keys) {
  ImportedLayer layer;
  layer.type = type;
  layer.keys = std::move(keys);
  return layer;
}

ImportedLayer function_layer(const std::string& function) { return layer_of("activation", {{"function", function}}); }

ImportedLayer clip_layer(double low, double high) {
  return layer_of("activation", {{"function", "clip"}, {"low", low}, {"high", high}});
}

/// y = factor x + offset for every feature.
ImportedLayer affine_layer(double factor, double offset, int features) {
  ImportedLayer layer = layer_of("affine", nlohmann::ordered_json::object());
  const auto size = static_cast<std::size_t>(features);
  layer.arrays["weight"] = {{size}, std::vector<double>(size, factor), false};
  layer.arrays["bias"] = {{size}, std::vector<double>(size, offset), false};
  return layer;
}

/// `fixed<W,I,..>` of a quantizer of the kind `fixed`; I counts the sign here.
std::string fixed_format(const QKerasQuantizer& quantizer) {
  const int integer = quantizer.integer + (quantizer.has_sign ? 1 : 0);
  return fmt::format("{}<{},{},rnd_conv,{}>", quantizer.has_sign ? "fixed" : "ufixed", quantizer.bits, integer,
                     quantizer.has_sign && quantizer.symmetric ? "sat_sym" : "sat");
}

Layers sigmoid_layers(const QKerasQuantizer& quantizer, int features) {
  Layers layers;
  layers.push_back(quantizer.real ? function_layer("sigmoid") : affine_layer(0.5, 0.5, features));
  nlohmann::ordered_json keys = {
      {"bits", quantizer.bits}, {"scale", std::ldexp(1.0, -quantizer.bits)}, {"signed", false}};
  if (quantizer.symmetric) {
    keys["low"] = 1;
  }
  layers.push_back(layer_of("quantize", keys));
  return layers;
}

/// A quantizer whose step is no power of two, or whose codes end elsewhere than those of a format.
ImportedLayer code_layer(const QKerasQuantizer& quantizer) {
  const int magnitude = quantizer.bits - (quantizer.has_sign ? 1 : 0);
  const double step = std::ldexp(quantizer.scaled ? quantizer.alpha : 1, quantizer.integer - magnitude);
  nlohmann::ordered_json keys = {{"signed", quantizer.has_sign}, {"bits", quantizer.bits}, {"scale", step}};
  if (quantizer.has_sign && quantizer.symmetric) {
    keys["narrow"] = true;
  }
  if (quantizer.slope != 0) {
    keys["low"] = -std::ldexp(quantizer.slope, magnitude);
  }
  return layer_of("quantize", keys);
}

Layers quantizer_layers(const QKerasQuantizer& quantizer, int features) {
  if (!quantizer.auto_alpha.empty()) {
    throw KerasProblem(
        fmt::format("quantizer {} of an activation: its scale follows from the events of a batch, expected alpha: 1",
                    quantizer.text));
  }
  Layers layers;
  switch (quantizer.kind) {
    case Kind::fixed:
      if (quantizer.slope != 0) {
        return {layer_of("activation", {{"function", "leaky_relu"}, {"slope", quantizer.slope}}),
                code_layer(quantizer)};
      }
      if (quantizer.scaled && quantizer.alpha != 1) {
        return {code_layer(quantizer)};
      }
      layers.push_back(layer_of("quantize", {{"format", fixed_format(quantizer)}}));
      if (quantizer.alpha != 1) {
        layers.push_back(affine_layer(quantizer.alpha, 0, features));
      }
      return layers;
    case Kind::sign:
      if (quantizer.zero_one) {
        throw KerasProblem(fmt::format("quantizer {} of an activation; nearest: binary()", quantizer.text));
      }
      layers.push_back(layer_of("quantize", {{"bipolar", true}, {"scale", quantizer.alpha}}));
      return layers;
    case Kind::ternary:
      throw KerasProblem(
          fmt::format("quantizer {} of an activation; nearest: quantized_bits(2,1,1,alpha=1)", quantizer.text));
    case Kind::tanh:
      if (quantizer.real) {
        layers.push_back(function_layer("tanh"));
      }
      layers.push_back(layer_of("quantize", {{"format", fixed_format(quantizer)}}));
      return layers;
    case Kind::sigmoid:
      return sigmoid_layers(quantizer, features);
    case Kind::power:
      throw KerasProblem(fmt::format("quantizer {} of an activation, expected one of equal steps; nearest: {}",
                                     quantizer.text, quantizer.has_sign ? "quantized_bits" : "quantized_relu"));
  }
  return layers;
}

/// The name of a function that stands as a text or as an object of Keras 3 or 2.
std::string function_name(const nlohmann::json& value) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  const nlohmann::json& config = config_value(value, "config");
  return config.is_string() ? config.get<std::string>() : config_text(value, "class_name", "");
}

}  // namespace

Layers relu_layers(std::optional<double> high) { return {high ? clip_layer(0, *high) : function_layer("relu")}; }

Layers leaky_relu_layers(double slope) {
  if (slope == 0) {
    return relu_layers({});
  }
  return {layer_of("activation", {{"function", "leaky_relu"}, {"slope", slope}})};
}

Layers activation_layers(const nlohmann::json& value, int features) {
  if (value.is_null()) {
    return {};
  }
  if (is_qkeras_quantizer(value)) {
    return quantizer_layers(*parse_qkeras_quantizer(value), features);
  }
  static const std::map<std::string, std::string> kFunctions = {{"relu", "relu"},
                                                                {"gelu", "gelu"},
                                                                {"sigmoid", "sigmoid"},
                                                                {"tanh", "tanh"},
                                                                {"silu", "silu"},
                                                                {"swish", "silu"},
                                                                {"elu", "elu"},
                                                                {"selu", "selu"},
                                                                {"softplus", "softplus"},
                                                                {"softsign", "softsign"},
                                                                {"hard_silu", "hard_swish"},
                                                                {"hard_swish", "hard_swish"}};
  const std::string whole = function_name(value);
  const std::string name = whole.substr(whole.rfind('>') + 1);
  const auto function = kFunctions.find(name);
  if (name == "linear") {
    return {};
  }
  if (function != kFunctions.end()) {
    return {function_layer(function->second)};
  }
  if (name == "softmax") {
    return {layer_of("softmax", nlohmann::ordered_json::object())};
  }
  if (name == "relu6") {
    return relu_layers(6);
  }
  if (name == "leaky_relu") {
    return leaky_relu_layers(kLeakySlope);
  }
  throw KerasProblem(
      fmt::format("activation {}, expected linear, relu, relu6, leaky_relu, elu, selu, gelu, sigmoid, tanh, silu, "
                  "softplus, softsign, "
                  "hard_silu, softmax or a quantizer of QKeras",
                  config_shown(value)));
}

}  // namespace rtlgen
