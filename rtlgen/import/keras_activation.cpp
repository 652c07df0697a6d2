#include "rtlgen/import/keras_activation.hpp"

#include <fmt/format.h>

#include <algorithm>
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

/// A softmax whose result is rounded to a grid that has both 0 and 1.
Layers rounded_softmax_layers(const QKerasQuantizer& quantizer) {
  return {layer_of("softmax", {{"precision", softmax_precision()}}),
          layer_of("quantize", {{"format", fmt::format("ufixed<{},1,rnd_conv,sat>", quantizer.bits + 1)}})};
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
    case Kind::softmax:
      return rounded_softmax_layers(quantizer);
    case Kind::power:
      throw KerasProblem(fmt::format("quantizer {} of an activation, expected one of equal steps; nearest: {}",
                                     quantizer.text, quantizer.has_sign ? "quantized_bits" : "quantized_relu"));
  }
  return layers;
}

/// The layers of relu(x) limited to `high` (none: unlimited).
Layers relu_layers(std::optional<double> high) { return {high ? clip_layer(0, *high) : function_layer("relu")}; }

/// The layers of x for positive x, else slope x.
Layers leaky_relu_layers(double slope) {
  if (slope == 0) {
    return relu_layers({});
  }
  return {layer_of("activation", {{"function", "leaky_relu"}, {"slope", slope}})};
}

/// A number that may stand in a list of its own.
double slope_of(const nlohmann::json& config, const std::string& key, double fallback) {
  const nlohmann::json& given = config_value(config, key);
  const nlohmann::json value = given.is_array() && given.size() == 1 ? given.front() : given;
  const double slope = config_number({{key, value}}, key, fallback);
  if (slope < 0) {
    throw KerasProblem(fmt::format("{}: {}, expected a number from 0 on", key, config_shown(given)));
  }
  return slope;
}

Layers relu_class(const nlohmann::json& config, int /*features*/) {
  if (config_number(config, "threshold", 0) != 0) {
    throw KerasProblem("ReLU with threshold, expected 0; nearest: ReLU()");
  }
  const double slope = slope_of(config, "negative_slope", 0);
  const double high = config_number(config, "max_value", 1);
  if (high <= 0) {
    throw KerasProblem(fmt::format("max_value: {}, expected a number above 0", high));
  }
  if (config_value(config, "max_value").is_null()) {
    return leaky_relu_layers(slope);
  }
  if (slope != 0) {
    throw KerasProblem("ReLU with negative_slope and max_value, expected one of the two; nearest: ReLU()");
  }
  return relu_layers(high);
}

Layers leaky_relu_class(const nlohmann::json& config, int /*features*/) {
  constexpr double kSlope = 0.3;  // where the configuration says nothing
  // Keras 2 calls it alpha.
  const bool is_new = !config_value(config, "negative_slope").is_null();
  return leaky_relu_layers(slope_of(config, is_new ? "negative_slope" : "alpha", kSlope));
}

Layers elu_class(const nlohmann::json& config, int /*features*/) {
  if (config_number(config, "alpha", 1) != 1) {
    throw KerasProblem(fmt::format("alpha: {}, expected 1", config_shown(config_value(config, "alpha"))));
  }
  return {function_layer("elu")};
}

Layers softmax_class(const nlohmann::json& config, int /*features*/) {
  const nlohmann::json& given = config_value(config, "axis");
  const nlohmann::json axis = given.is_array() && given.size() == 1 ? given.front() : given;
  if (!axis.is_null() && axis != -1) {
    throw KerasProblem(fmt::format("axis: {}, expected -1 (the features)", config_shown(given)));
  }
  return {layer_of("softmax", nlohmann::ordered_json::object())};
}

Layers activation_class(const nlohmann::json& config, int features) {
  return activation_layers(config_value(config, "activation"), features);
}

/// Layers of Keras that are functions, also in the place of one.
const std::map<std::string, Layers (*)(const nlohmann::json&, int)>& function_classes() {
  static const std::map<std::string, Layers (*)(const nlohmann::json&, int)> kClasses = {
      {"ReLU", relu_class},       {"LeakyReLU", leaky_relu_class},  {"ELU", elu_class},
      {"Softmax", softmax_class}, {"Activation", activation_class}, {"QActivation", activation_class}};
  return kClasses;
}

/// The name of a function that stands as a text or as an object of Keras 3 or 2, without package.
std::string function_name(const nlohmann::json& value) {
  std::string whole;
  if (value.is_string()) {
    whole = value.get<std::string>();
  } else {
    const nlohmann::json& config = config_value(value, "config");
    whole = config.is_string() ? config.get<std::string>() : config_text(value, "class_name", "");
  }
  return whole.substr(whole.rfind('>') + 1);
}

/// Functions by their name alone.
Layers named_function(const std::string& name, const nlohmann::json& value) {
  static const std::map<std::string, Layers> kFunctions = {
      {"linear", {}},
      {"relu", relu_layers({})},
      {"relu6", relu_layers(6)},
      {"leaky_relu", leaky_relu_layers(kLeakySlope)},
      {"gelu", {function_layer("gelu")}},
      {"gelu_approximate", {function_layer("gelu_tanh")}},
      {"sigmoid", {function_layer("sigmoid")}},
      {"tanh", {function_layer("tanh")}},
      {"hard_tanh", {clip_layer(-1, 1)}},
      {"silu", {function_layer("silu")}},
      {"swish", {function_layer("silu")}},
      {"elu", {function_layer("elu")}},
      {"selu", {function_layer("selu")}},
      {"softplus", {function_layer("softplus")}},
      {"softsign", {function_layer("softsign")}},
      {"hard_silu", {function_layer("hard_swish")}},
      {"hard_swish", {function_layer("hard_swish")}},
      {"softmax", {layer_of("softmax", nlohmann::ordered_json::object())}}};
  const auto function = kFunctions.find(name);
  if (function != kFunctions.end()) {
    return function->second;
  }
  throw KerasProblem(
      fmt::format("activation {}, expected linear, relu, relu6, leaky_relu, elu, selu, gelu, sigmoid, tanh, hard_tanh, "
                  "silu, softplus, softsign, hard_silu, softmax, a layer that is one of them, or a quantizer of QKeras",
                  config_shown(value)));
}

}  // namespace

nlohmann::ordered_json softmax_precision() {
  return {{"activation", "ufixed<18,1>"}, {"exp_bits", 16}, {"exp_index_bits", 10}, {"table_bits", 11}};
}

Layers activation_layers(const nlohmann::json& value, int features) {
  if (value.is_null()) {
    return {};
  }
  if (is_qkeras_quantizer(value)) {
    return quantizer_layers(*parse_qkeras_quantizer(value), features);
  }
  const std::string name = function_name(value);
  const auto found = function_classes().find(name);
  // Its name alone stands for a class with its defaults.
  return found != function_classes().end() ? found->second(config_value(value, "config"), features)
                                           : named_function(name, value);
}

}  // namespace rtlgen
