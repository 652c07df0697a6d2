// Attention of Keras, and of the classes derived from it that quantize its projections.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rtlgen/import/keras_activation.hpp"
#include "rtlgen/import/keras_config.hpp"
#include "rtlgen/import/keras_layers.hpp"
#include "rtlgen/import/keras_problem.hpp"
#include "rtlgen/import/keras_shapes.hpp"
#include "rtlgen/import/qkeras_quantizer.hpp"

namespace rtlgen {
namespace {

using nlohmann::json;
using Shape = std::vector<std::size_t>;

constexpr int kMostBits = 32;

/// Refuses a setting that would change what the layer computes.
void expect_off(const json& config, const std::string& key) {
  const json& value = config_value(config, key);
  if (!(value.is_null() || value == false || value == 0)) {
    throw KerasProblem(fmt::format("{}: {}, expected a layer without it", key, config_shown(value)));
  }
}

/// quantized_bits of numbers that stand in the configuration as PREFIX_bits and PREFIX_int; null where they do not.
json quantizer_of_bits(const json& config, const std::string& prefix) {
  if (config_value(config, prefix + "_bits").is_null()) {
    return nullptr;
  }
  const int bits = config_integer(config, prefix + "_bits", 0, 2, kMostBits);
  if (config_value(config, prefix + "_int").is_null()) {
    throw KerasProblem(fmt::format("{0}_bits without {0}_int, expected both", prefix));
  }
  const int integer = config_integer(config, prefix + "_int", 0, 0, bits - 1);
  return fmt::format("quantized_bits({},{},alpha=1)", bits, integer);
}

json first_quantizer(const json& config, const std::string& key, const std::string& prefix) {
  const json& given = config_value(config, key);
  return given.is_null() ? quantizer_of_bits(config, prefix) : given;
}

}  // namespace

struct KerasLayers::Attention {
  KerasTensor input;
  std::size_t heads;
  std::size_t keys;
  std::size_t values;
  std::size_t units;
  bool use_bias;
  json kernel_quantizer;  ///< null: none
  json bias_quantizer;    ///< null: none
  json output_quantizer;  ///< of the projections' results; null: none
};

KerasTensor KerasLayers::attention(const KerasCall& call) {
  const Attention attention = read_attention(call);
  return attention.output_quantizer.is_null() ? whole_attention(call, attention) : attention_steps(call, attention);
}

KerasLayers::Attention KerasLayers::read_attention(const KerasCall& call) {
  std::vector<KerasTensor> inputs = call.inputs;
  for (const auto& [name, tensor] : call.named) {
    if (name != "query" && name != "key" && name != "value") {
      throw KerasProblem(fmt::format("argument '{}', expected self-attention without masks of its own", name));
    }
    inputs.push_back(tensor);
  }
  const auto is_other = [&](const KerasTensor& tensor) {
    return tensor.name != inputs.front().name || tensor.shape != inputs.front().shape;
  };
  if (inputs.empty() || std::any_of(inputs.begin(), inputs.end(), is_other)) {
    throw KerasProblem("attention between different tensors, expected self-attention (query, key and value the same)");
  }
  const KerasTensor& input = inputs.front();
  const json& axes = config_value(call.config, "attention_axes");
  if (input.shape.size() != 2 || !(axes.is_null() || axes == 1 || axes == json::array({1}))) {
    throw KerasProblem(fmt::format("attention_axes: {} of a tensor {}, expected [tokens,features] and axis 1",
                                   config_shown(axes), shape_of(input.shape)));
  }
  for (const std::string& argument : call.arguments) {
    if (argument != "training") {
      throw KerasProblem(fmt::format("argument '{}', expected plain self-attention", argument));
    }
  }
  for (const char* key : {"use_gate", "use_causal_mask"}) {
    expect_off(call.config, key);
  }
  const int key_dim = config_integer(call.config, "key_dim", 1, 1, 1024);
  const json& output = config_value(call.config, "output_shape");
  const json output_size = output.is_array() && output.size() == 1 ? output.front() : output;
  Attention result;
  result.input = input;
  result.heads = static_cast<std::size_t>(config_integer(call.config, "num_heads", 1, 1, 64));
  result.keys = static_cast<std::size_t>(key_dim);
  result.values = static_cast<std::size_t>(config_integer(call.config, "value_dim", key_dim, 1, 1024));
  result.units = static_cast<std::size_t>(
      config_integer({{"output_shape", output_size}}, "output_shape", static_cast<int>(features_of(input)), 1, 4096));
  result.use_bias = config_flag(call.config, "use_bias", true);
  result.kernel_quantizer = first_quantizer(call.config, "kernel_quantizer", "weight");
  result.bias_quantizer = config_value(call.config, "bias_quantizer");
  result.output_quantizer = first_quantizer(call.config, "output_quantizer", "act");
  return result;
}

/// Attention in one layer: nothing is quantized between its projections.
KerasTensor KerasLayers::whole_attention(const KerasCall& call, const Attention& attention) {
  const std::size_t in = features_of(attention.input);
  ImportedLayer layer;
  layer.type = "multi_head_attention";
  layer.keys = {{"heads", attention.heads},
                {"key_dim", attention.keys},
                {"value_dim", attention.values},
                {"units", attention.units},
                {"use_bias", attention.use_bias}};
  const auto project = [&](const std::string& name, const std::string& letter, std::size_t size) {
    const ImportedArray kernel = weight(call, {name + "/kernel", name + "_dense", 0}, {in, attention.heads, size});
    const std::vector<double> numbers = quantized(attention.kernel_quantizer, {kernel.shape, kernel.values});
    layer.arrays["w" + letter] = {{attention.heads, size, in}, transposed(numbers, in, attention.heads * size), false};
    if (attention.use_bias) {
      layer.arrays["b" + letter] =
          rounded_weight(call, {name + "/bias", name + "_dense", 1}, {attention.heads, size}, attention.bias_quantizer);
    }
  };
  project("query", "q", attention.keys);
  project("key", "k", attention.keys);
  project("value", "v", attention.values);
  const Shape shape = {attention.heads, attention.values, attention.units};
  const ImportedArray kernel = weight(call, {"attention_output/kernel", "output_dense", 0}, shape);
  const std::vector<double> numbers = quantized(attention.kernel_quantizer, {kernel.shape, kernel.values});
  layer.arrays["wo"] = {{attention.units, attention.heads, attention.values},
                        transposed(numbers, attention.heads * attention.values, attention.units),
                        false};
  if (attention.use_bias) {
    layer.arrays["bo"] =
        rounded_weight(call, {"attention_output/bias", "output_dense", 1}, {attention.units}, attention.bias_quantizer);
  }
  if (!attention.kernel_quantizer.is_null()) {
    model_.notes.push_back(fmt::format(
        "{} ({}): its softmax is not rounded here, of which the file says nothing; the QKeras with quantized_softmax "
        "rounds it to 8 bits",
        call.place.names.back(), call.class_name));
  }
  return emit(call, layer, {attention.input}, with_features(attention.input, attention.units));
}

/// Attention whose projections have quantized results: its steps as layers, all exact but the softmax.
KerasTensor KerasLayers::attention_steps(const KerasCall& call, const Attention& attention) {
  const KerasTensor& input = attention.input;
  const std::size_t in = features_of(input);
  const auto tokens = static_cast<std::size_t>(tokens_of(input));
  const auto project = [&](const std::string& name, std::size_t size, const std::string& suffix) {
    const Projection projection{{name + "/kernel", name + "_dense", 0},
                                {name + "/bias", name + "_dense", 1},
                                {in, attention.heads, size},
                                {attention.heads, size},
                                in};
    return quantized_projection(call, attention, projection, input, suffix);
  };
  const KerasTensor query = project("query", attention.keys, "_query");
  const KerasTensor key = project("key", attention.keys, "_key");
  const KerasTensor value = project("value", attention.values, "_value");

  const std::size_t weights = attention.heads * tokens;
  const auto step = [&](ImportedLayer layer, const std::string& suffix, const std::vector<KerasTensor>& inputs,
                        std::size_t features) {
    layer.name = unique_name(call, suffix);
    return emit(call, std::move(layer), inputs, with_features(input, features));
  };
  ImportedLayer scores;
  scores.type = "scores";
  scores.keys["heads"] = attention.heads;
  ImportedLayer scaled;
  scaled.type = "affine";
  scaled.keys["use_bias"] = false;
  const double factor = 1 / std::sqrt(static_cast<double>(attention.keys));
  scaled.arrays["weight"] = {{weights}, std::vector<double>(weights, factor), false};
  ImportedLayer softmax;
  softmax.type = "softmax";
  softmax.keys["groups"] = attention.heads;
  if (model_.mask != MaskKind::none) {
    softmax.keys["masked"] = true;
  }
  softmax.keys["precision"] = softmax_precision();
  ImportedLayer mix;
  mix.type = "mix";
  mix.keys["heads"] = attention.heads;
  const KerasTensor products = step(scores, "_scores", {query, key}, weights);
  const KerasTensor probability = step(softmax, "_prob", {step(scaled, "_scaled", {products}, weights)}, weights);
  model_.notes.push_back(fmt::format(
      "{}: its softmax is computed with tables of rtlgen, close to the file but not equal", call.place.names.back()));
  const KerasTensor mixed = step(mix, "_mix", {probability, value}, attention.heads * attention.values);
  const Projection projection{{"attention_output/kernel", "output_dense", 0},
                              {"attention_output/bias", "output_dense", 1},
                              {attention.heads, attention.values, attention.units},
                              {attention.units},
                              attention.heads * attention.values};
  return quantized_projection(call, attention, projection, mixed, "");
}

KerasTensor KerasLayers::quantized_projection(const KerasCall& call, const Attention& attention,
                                              const Projection& projection, const KerasTensor& input,
                                              const std::string& suffix) {
  const ImportedArray kernel = weight(call, projection.kernel, projection.kernel_shape);
  const std::size_t rows = kernel.values.size() / projection.inputs;
  ImportedLayer layer;
  layer.type = "dense";
  layer.name = unique_name(call, suffix);
  layer.keys["units"] = rows;
  if (const std::optional<QKerasQuantizer> quantizer = parse_qkeras_quantizer(attention.kernel_quantizer)) {
    const QuantizedKernel mantissas = quantize_kernel(*quantizer, {kernel.shape, kernel.values});
    layer.arrays["weight"] = {
        {rows, projection.inputs}, transposed(mantissas.mantissas, projection.inputs, rows), true};
    ImportedArray scale = {{}, mantissas.scale, false};
    if (mantissas.scale.size() > 1) {  // one for each index of the kernel's last axis
      scale = {{rows}, std::vector<double>(rows), false};
      for (std::size_t row = 0; row < rows; ++row) {
        scale.values[row] = mantissas.scale[row % mantissas.scale.size()];
      }
    }
    layer.arrays["weight_scale"] = scale;
  } else {
    layer.arrays["weight"] = {{rows, projection.inputs}, transposed(kernel.values, projection.inputs, rows), false};
  }
  if (attention.use_bias) {
    const ImportedArray bias = rounded_weight(call, projection.bias, projection.bias_shape, attention.bias_quantizer);
    layer.arrays["bias"] = {{rows}, bias.values, false};
  } else {
    layer.keys["use_bias"] = false;
  }
  const KerasTensor sums = emit(call, layer, {input}, with_features(input, rows));
  return emit_all(call, activation_layers(attention.output_quantizer, static_cast<int>(rows)), sums, suffix + "_codes");
}

}  // namespace rtlgen
