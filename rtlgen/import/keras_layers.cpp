#include "rtlgen/import/keras_layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>

#include "rtlgen/files/npy.hpp"
#include "rtlgen/import/keras_activation.hpp"
#include "rtlgen/import/keras_config.hpp"
#include "rtlgen/import/keras_problem.hpp"
#include "rtlgen/import/keras_refusals.hpp"
#include "rtlgen/import/keras_shapes.hpp"
#include "rtlgen/import/qkeras_quantizer.hpp"

namespace rtlgen {
namespace {

using nlohmann::json;
using Shape = std::vector<std::size_t>;

constexpr std::size_t kMostLayers = 4096;
constexpr std::size_t kMostName = 48;
constexpr int kMostWidth = 1 << 24;
constexpr long long kMostElements = 1LL << 26;
constexpr std::size_t kMostAxes = 8;

/// The elements of a tensor of one event.
int element_count(const std::vector<int>& shape) {
  long long count = 1;
  for (const int size : shape) {
    count *= size;
    if (count > kMostElements) {
      throw KerasProblem(fmt::format("a tensor {} is too large", shape_of(shape)));
    }
  }
  return static_cast<int>(count);
}

const KerasTensor& only_input(const KerasCall& call) {
  if (call.inputs.size() != 1 || !call.named.empty()) {
    throw KerasProblem(fmt::format("{} inputs, expected 1", call.inputs.size() + call.named.size()));
  }
  return call.inputs.front();
}

/// Whether `axis` (counted with the batch, or from the end) is the last axis of a tensor.
bool is_last_axis(const json& axis, const KerasTensor& tensor) {
  if (axis.is_array()) {
    return axis.size() == 1 && is_last_axis(axis.front(), tensor);
  }
  return axis.is_number_integer() && (axis == -1 || axis == static_cast<int>(tensor.shape.size()));
}

void check_axis(const KerasCall& call, const KerasTensor& tensor, const json& fallback) {
  const json& given = config_value(call.config, "axis");
  const json& axis = given.is_null() ? fallback : given;
  if (!is_last_axis(axis, tensor)) {
    throw KerasProblem(fmt::format("axis: {} of a tensor {}, expected the last axis (the features)", config_shown(axis),
                                   shape_of(tensor.shape)));
  }
}

void check_finite(const std::vector<double>& values, const std::string& name) {
  if (!std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); })) {
    throw KerasProblem(fmt::format("weight '{}' holds infinities or NaN", name));
  }
}

ImportedArray constants(std::size_t count, double value) { return {{count}, std::vector<double>(count, value), false}; }

}  // namespace

const std::map<std::string, KerasLayers::Kind>& KerasLayers::kinds() {
  static const std::set<std::string> kOfDense = {"kernel_quantizer", "bias_quantizer", "output_quantizer"};
  static const std::set<std::string> kOfNorm = {"gamma_quantizer", "beta_quantizer", "mean_quantizer",
                                                "variance_quantizer"};
  static const std::map<std::string, Kind> kKinds = {
      {"Dense", {&KerasLayers::dense, kOfDense}},
      {"QDense", {&KerasLayers::dense, kOfDense}},
      {"EinsumDense", {&KerasLayers::einsum_dense, kOfDense}},
      {"QEinsumDense", {&KerasLayers::einsum_dense, kOfDense}},
      {"TimeDistributed", {&KerasLayers::time_distributed}},
      {"MultiHeadAttention", {&KerasLayers::attention, kOfDense}},
      {"LayerNormalization", {&KerasLayers::layer_norm, kOfNorm}},
      {"QLayerNormalization", {&KerasLayers::layer_norm, kOfNorm}},
      {"RMSNormalization", {&KerasLayers::rms_norm}},
      {"BatchNormalization", {&KerasLayers::batch_norm, kOfNorm}},
      {"QBatchNormalization", {&KerasLayers::batch_norm, kOfNorm}},
      {"Add", {&KerasLayers::add}},
      {"Concatenate", {&KerasLayers::concatenate}},
      {"Flatten", {&KerasLayers::flatten}},
      {"Reshape", {&KerasLayers::reshape}},
      {"GlobalAveragePooling1D", {&KerasLayers::pool}},
      {"GlobalAvgPool1D", {&KerasLayers::pool}},
      {"GlobalMaxPooling1D", {&KerasLayers::pool}},
      {"GlobalMaxPool1D", {&KerasLayers::pool}},
      {"Activation", {&KerasLayers::activation}},
      {"QActivation", {&KerasLayers::activation}},
      {"ReLU", {&KerasLayers::function}},
      {"LeakyReLU", {&KerasLayers::function}},
      {"ELU", {&KerasLayers::function}},
      {"Softmax", {&KerasLayers::function}},
      {"Masking", {&KerasLayers::masking}},
      {"PositionEmbedding", {&KerasLayers::position_embedding}},
      {"Dropout", {&KerasLayers::pass}},
      {"SpatialDropout1D", {&KerasLayers::pass}},
      {"AlphaDropout", {&KerasLayers::pass}},
      {"GaussianDropout", {&KerasLayers::pass}},
      {"GaussianNoise", {&KerasLayers::pass}},
      {"ActivityRegularization", {&KerasLayers::pass}},
  };
  return kKinds;
}

/// Refuses quantizers that would be dropped.
void KerasLayers::check_quantizers(const json& config, const Kind& kind) {
  for (const auto& [key, value] : config.items()) {
    if (key.find("quantizer") == std::string::npos || value.is_null() || kind.quantizers.count(key) != 0) {
      continue;
    }
    std::string known;
    for (const std::string& one : kind.quantizers) {
      known += (known.empty() ? "" : ", ") + one;
    }
    throw KerasProblem(fmt::format("{}: {}, expected {}", key, config_shown(value),
                                   known.empty() ? "a layer without quantizers" : "no quantizers but " + known));
  }
}

KerasTensor KerasLayers::apply(const KerasCall& call) {
  const std::string of_hgq = hgq_problem(call.class_name, call.config);
  if (!of_hgq.empty()) {
    throw KerasProblem(of_hgq);
  }
  auto kind = kinds().find(call.class_name);
  // Layers of quantized attention go by many names; their configuration and weights are those of Keras'.
  const bool is_attention = kind == kinds().end() && config_value(call.config, "num_heads").is_number() &&
                            config_value(call.config, "key_dim").is_number();
  if (is_attention) {
    kind = kinds().find("MultiHeadAttention");
  }
  // So do layers that add a constant to each token.
  if (kind == kinds().end() && call.class_name.find("Pos") != std::string::npos && call.inputs.size() == 1) {
    const std::vector<double> constants = positions_of(call);
    if (!constants.empty()) {
      model_.notes.push_back(fmt::format("{} ({}): taken for a layer that adds its weight to the tokens",
                                         call.place.names.back(), call.class_name));
      return add_constants(call, call.inputs.front(), constants);
    }
  }
  if (kind == kinds().end()) {
    throw KerasProblem(unknown_class_problem(call.class_name));
  }
  const json& dtype = config_value(call.config, "dtype");
  if (config_text(dtype, "class_name", "").find("Quantized") != std::string::npos) {
    throw KerasProblem("weights quantized by Keras itself, expected the float model or one of QKeras");
  }
  check_quantizers(call.config, kind->second);
  return (this->*kind->second.apply)(call);
}

KerasTensor KerasLayers::pass(const KerasCall& call) { return only_input(call); }

void KerasLayers::use(const KerasTensor& tensor, bool by_dense) {
  if (!tensor.constant.empty()) {
    throw KerasProblem("behind positions that are the same for all events, expected Add there");
  }
  if (tensor.flat && !by_dense) {
    throw KerasProblem("behind Flatten, expected Dense there (nearest: this layer in front of Flatten)");
  }
  if (tensor.name != "event") {
    return;
  }
  if (tensor.shape.size() > 2) {
    throw KerasProblem(
        fmt::format("an event of shape {}, expected [features] or [tokens,features] (nearest: Flatten or "
                    "Reshape directly behind the input)",
                    shape_of(tensor.shape)));
  }
  const std::vector<int> shape = tensor.shape.size() == 1 ? std::vector<int>{1, tensor.shape.front()} : tensor.shape;
  if (!event_shape_.empty() && event_shape_ != shape) {
    throw KerasProblem(fmt::format("takes the event as {}, other layers as {}; expected one shape", shape_of(shape),
                                   shape_of(event_shape_)));
  }
  event_shape_ = shape;
}

std::string KerasLayers::unique_name(const KerasCall& call, const std::string& suffix) {
  std::string base;
  for (const std::string& name : call.place.names) {
    base += (base.empty() ? "" : "_") + name;
  }
  for (char& c : base) {
    c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  if (base.size() > kMostName) {
    base = base.substr(base.size() - kMostName);
  }
  if (base.empty()) {
    base = "layer";
  }
  base += suffix;
  std::string name = base;
  for (int i = 2; name == "event" || name == "mask" || names_.count(name) != 0; ++i) {
    name = base + "_" + std::to_string(i);
  }
  names_.insert(name);
  return name;
}

KerasTensor KerasLayers::emit(const KerasCall& call, ImportedLayer layer, const std::vector<KerasTensor>& inputs,
                              const std::vector<int>& shape) {
  if (model_.layers.size() >= kMostLayers) {
    throw KerasProblem(fmt::format("the model has more than {} layers", kMostLayers));
  }
  const std::string before = model_.layers.empty() ? "event" : model_.layers.back().name;
  if (layer.name.empty()) {
    layer.name = unique_name(call, "");
  }
  for (const KerasTensor& input : inputs) {
    use(input, layer.type == "dense");
    layer.inputs.push_back(input.name);
  }
  if (inputs.size() == 1 && inputs.front().name == before) {
    layer.inputs.clear();
  }
  if (layer.origin.empty()) {
    layer.origin = fmt::format("layer '{}' ({})", call.place.names.back(), call.class_name);
  }
  model_.layers.push_back(std::move(layer));
  return {model_.layers.back().name, shape, false};
}

KerasTensor KerasLayers::emit_all(const KerasCall& call, const std::vector<ImportedLayer>& layers, KerasTensor tensor,
                                  const std::string& suffix) {
  for (ImportedLayer layer : layers) {
    layer.name = unique_name(call, suffix);
    tensor = emit(call, layer, {tensor}, tensor.shape);
  }
  if (layers.size() == 2 && layers.front().type == "softmax") {
    model_.notes.push_back(fmt::format(
        "{}: its softmax is computed with tables of rtlgen, close to the file but not equal, then rounded to "
        "{} (1 kept, as quantized_softmax keeps it)",
        call.place.names.back(), layers.back().keys.value("format", "")));
  }
  return tensor;
}

ImportedArray KerasLayers::weight(const KerasCall& call, const KerasWeight& which, const Shape& shape) const {
  const Hdf5Array array = file_.read(call.place, which);
  if (array.shape != shape) {
    throw KerasProblem(
        fmt::format("weight '{}' has shape {}, expected {}", which.path, shape_text(array.shape), shape_text(shape)));
  }
  check_finite(array.values, which.path);
  return {array.shape, array.values, false};
}

ImportedArray KerasLayers::rounded_weight(const KerasCall& call, const KerasWeight& which, const Shape& shape,
                                          const json& quantizer) const {
  ImportedArray array = weight(call, which, shape);
  if (const std::optional<QKerasQuantizer> parsed = parse_qkeras_quantizer(quantizer)) {
    array.values = quantize_bias(*parsed, array.values);
  }
  return array;
}

/// Real numbers that a kernel's quantizer makes of it; the kernel itself where there is none.
std::vector<double> KerasLayers::quantized(const json& quantizer, const Hdf5Array& kernel) const {
  const std::optional<QKerasQuantizer> parsed = parse_qkeras_quantizer(quantizer);
  if (!parsed) {
    return kernel.values;
  }
  QuantizedKernel result = quantize_kernel(*parsed, kernel);
  for (std::size_t i = 0; i < result.mantissas.size(); ++i) {
    result.mantissas[i] *= result.scale[i % result.scale.size()];
  }
  return result.mantissas;
}

KerasTensor KerasLayers::dense_of(const KerasCall& call, const KerasWeight& kernel, const KerasWeight& bias,
                                  bool use_bias, const json& config) {
  const KerasTensor& input = only_input(call);
  const Hdf5Array raw = file_.read(call.place, kernel);
  const std::size_t in = features_of(input);
  if (raw.shape.size() != 2 || raw.shape[0] != in || raw.shape[1] == 0 || raw.shape[1] > kMostWidth) {
    throw KerasProblem(fmt::format("weight 'kernel' has shape {}, expected [{},units] for an input of {}",
                                   shape_text(raw.shape), in, shape_of(input.shape)));
  }
  check_finite(raw.values, "kernel");
  const std::size_t units = raw.shape[1];
  ImportedLayer layer;
  layer.type = "dense";
  layer.keys["units"] = units;
  if (const std::optional<QKerasQuantizer> quantizer =
          parse_qkeras_quantizer(config_value(config, "kernel_quantizer"))) {
    const QuantizedKernel quantized_kernel = quantize_kernel(*quantizer, raw);
    layer.arrays["weight"] = {{units, in}, transposed(quantized_kernel.mantissas, in, units), true};
    const std::vector<double>& scale = quantized_kernel.scale;
    layer.arrays["weight_scale"] = {scale.size() == 1 ? Shape{} : Shape{scale.size()}, scale, false};
  } else {
    layer.arrays["weight"] = {{units, in}, transposed(raw.values, in, units), false};
  }
  if (use_bias) {
    layer.arrays["bias"] = rounded_weight(call, bias, {units}, config_value(config, "bias_quantizer"));
  } else {
    layer.keys["use_bias"] = false;
  }
  std::vector<ImportedLayer> after = activation_layers(config_value(config, "activation"), static_cast<int>(units));
  // A function without parameters stands in the dense layer itself. Exact tensors end in front of it, so there it is
  // one of its own.
  if (after.size() == 1) {
    const bool is_softmax = after.front().type == "softmax" && after.front().keys.empty();
    const bool is_function = after.front().type == "activation" && after.front().keys.size() == 1;
    const std::string function = is_softmax ? "softmax" : after.front().keys.value("function", "");
    if (function == "relu" || (!model_.exact && (is_softmax || is_function))) {
      layer.keys["activation"] = function;
      after.clear();
    }
  }
  const KerasTensor made = emit_all(call, after, emit(call, layer, {input}, with_features(input, units)), "_act");
  return emit_all(call, activation_layers(config_value(config, "output_quantizer"), static_cast<int>(units)), made,
                  "_out");
}

KerasTensor KerasLayers::dense(const KerasCall& call) {
  if (config_value(call.config, "lora_rank").is_number()) {
    throw KerasProblem("LoRA weights, expected them merged into the kernel");
  }
  return dense_of(call, {"kernel", "", 0}, {"bias", "", 1}, config_flag(call.config, "use_bias", true), call.config);
}

KerasTensor KerasLayers::time_distributed(const KerasCall& call) {
  const json& inner = config_value(call.config, "layer");
  const std::string class_name = config_text(inner, "class_name", "");
  const std::string name = class_name.substr(class_name.rfind('>') + 1);
  const json& config = config_value(inner, "config");
  const auto kind = kinds().find(name);
  const Handler handler = kind == kinds().end() ? nullptr : kind->second.apply;
  const bool has_no_weights =
      handler == &KerasLayers::activation || handler == &KerasLayers::function || handler == &KerasLayers::pass;
  if (handler != &KerasLayers::dense && !has_no_weights) {
    throw KerasProblem(fmt::format("TimeDistributed of {}, expected Dense or an activation", name));
  }
  check_quantizers(config, kind->second);
  if (has_no_weights) {
    KerasCall each = call;
    each.class_name = name;
    each.config = config;
    return (this->*handler)(each);
  }
  return dense_of(call, {"kernel", "layer", 0}, {"bias", "layer", 1}, config_flag(config, "use_bias", true), config);
}

KerasTensor KerasLayers::einsum_dense(const KerasCall& call) {
  const std::string equation = config_text(call.config, "equation", "");
  const std::size_t comma = equation.find(',');
  const std::size_t arrow = equation.find("->");
  const std::string expected =
      fmt::format("equation '{}', expected a dense layer for each token (nearest: abc,cd->abd)", equation);
  if (comma == std::string::npos || arrow == std::string::npos || arrow < comma) {
    throw KerasProblem(expected);
  }
  const std::string from = equation.substr(0, comma);
  const std::string kernel = equation.substr(comma + 1, arrow - comma - 1);
  const std::string to = equation.substr(arrow + 2);
  const bool is_dense = kernel.size() == 2 && from.size() > 1 && from.back() == kernel[0] && !to.empty() &&
                        to.back() == kernel[1] && kernel[0] != kernel[1] &&
                        from.substr(0, from.size() - 1) == to.substr(0, to.size() - 1) &&
                        from.find(kernel[1]) == std::string::npos && from.find(kernel[0]) == from.size() - 1;
  if (!is_dense) {
    throw KerasProblem(expected);
  }
  const std::string bias_axes = config_text(call.config, "bias_axes", "");
  if (!bias_axes.empty() && bias_axes != to.substr(to.size() - 1)) {
    throw KerasProblem(fmt::format("bias_axes: '{}', expected the features '{}'", bias_axes, to.back()));
  }
  return dense_of(call, {"kernel", "", 0}, {"bias", "", 1}, !bias_axes.empty(), call.config);
}

KerasTensor KerasLayers::layer_norm(const KerasCall& call) {
  const KerasTensor& input = only_input(call);
  check_axis(call, input, -1);
  if (config_flag(call.config, "rms_scaling", false)) {
    throw KerasProblem("rms_scaling: true, expected a plain LayerNormalization or RMSNormalization");
  }
  const std::size_t size = features_of(input);
  const bool scale = config_flag(call.config, "scale", true);
  const bool center = config_flag(call.config, "center", true);
  ImportedLayer layer;
  layer.type = "layer_norm";
  layer.keys["epsilon"] = config_number(call.config, "epsilon", 1e-3);
  layer.arrays["weight"] = constants(size, 1);
  layer.arrays["bias"] = constants(size, 0);
  if (scale) {
    layer.arrays["weight"] =
        rounded_weight(call, {"gamma", "", 0}, {size}, config_value(call.config, "gamma_quantizer"));
  }
  if (center) {
    layer.arrays["bias"] =
        rounded_weight(call, {"beta", "", scale ? 1 : 0}, {size}, config_value(call.config, "beta_quantizer"));
  }
  std::string unfollowed;
  for (const char* key : {"mean_quantizer", "variance_quantizer"}) {
    const json& quantizer = config_value(call.config, key);
    if (!quantizer.is_null()) {
      const json& name = config_value(quantizer, "class_name");
      unfollowed += fmt::format("{}{} {}", unfollowed.empty() ? "" : ", ", key,
                                name.is_string() ? name.get<std::string>() : config_shown(quantizer));
    }
  }
  if (!unfollowed.empty()) {
    model_.notes.push_back(fmt::format("{} ({}): mean and variance are not rounded here; not followed: {}",
                                       call.place.names.back(), call.class_name, unfollowed));
  }
  return emit(call, layer, {input}, input.shape);
}

KerasTensor KerasLayers::rms_norm(const KerasCall& call) {
  const KerasTensor& input = only_input(call);
  check_axis(call, input, -1);
  ImportedLayer layer;
  layer.type = "rms_norm";
  layer.keys["epsilon"] = config_number(call.config, "epsilon", 1e-6);
  layer.arrays["weight"] = weight(call, {"scale", "", 0}, {features_of(input)});
  return emit(call, layer, {input}, input.shape);
}

KerasTensor KerasLayers::batch_norm(const KerasCall& call) {
  const KerasTensor& input = only_input(call);
  check_axis(call, input, -1);
  const std::size_t size = features_of(input);
  const bool scale = config_flag(call.config, "scale", true);
  const bool center = config_flag(call.config, "center", true);
  ImportedLayer layer;
  layer.type = "batch_norm";
  layer.keys["epsilon"] = config_number(call.config, "epsilon", 1e-3);
  // Each of the four may have a quantizer in QKeras.
  int index = 0;
  const auto read = [&](const std::string& array, const std::string& name) {
    layer.arrays[array] =
        rounded_weight(call, {name, "", index++}, {size}, config_value(call.config, array + "_quantizer"));
  };
  layer.arrays["gamma"] = constants(size, 1);
  layer.arrays["beta"] = constants(size, 0);
  if (scale) {
    read("gamma", "gamma");
  }
  if (center) {
    read("beta", "beta");
  }
  read("mean", "moving_mean");
  read("variance", "moving_variance");
  return emit(call, layer, {input}, input.shape);
}

KerasTensor KerasLayers::add(const KerasCall& call) {
  if (call.inputs.size() < 2) {
    throw KerasProblem(fmt::format("{} inputs, expected 2 or more", call.inputs.size()));
  }
  for (const KerasTensor& input : call.inputs) {
    if (input.shape != call.inputs.front().shape) {
      throw KerasProblem(fmt::format("adds {} to {}, expected equal shapes", shape_of(input.shape),
                                     shape_of(call.inputs.front().shape)));
    }
  }
  std::vector<KerasTensor> tensors;
  std::vector<double> constants;
  for (const KerasTensor& input : call.inputs) {
    if (input.constant.empty()) {
      tensors.push_back(input);
      continue;
    }
    constants.resize(input.constant.size());
    std::transform(input.constant.begin(), input.constant.end(), constants.begin(), constants.begin(), std::plus<>());
  }
  if (tensors.empty()) {
    throw KerasProblem("adds nothing but constants, expected a tensor among them");
  }
  KerasTensor sum = tensors.front();
  if (tensors.size() > 1) {
    ImportedLayer layer;
    layer.type = "add";
    sum = emit(call, layer, tensors, sum.shape);
  }
  return constants.empty() ? sum : add_constants(call, sum, constants);
}

KerasTensor KerasLayers::concatenate(const KerasCall& call) {
  if (call.inputs.size() < 2) {
    throw KerasProblem(fmt::format("{} inputs, expected 2 or more", call.inputs.size()));
  }
  int features = 0;
  for (const KerasTensor& input : call.inputs) {
    check_axis(call, input, -1);
    if (input.shape.size() != call.inputs.front().shape.size() || tokens_of(input) != tokens_of(call.inputs.front())) {
      throw KerasProblem(fmt::format("joins {} and {}, expected the same tokens", shape_of(input.shape),
                                     shape_of(call.inputs.front().shape)));
    }
    features += input.shape.back();
    if (features > kMostWidth) {
      throw KerasProblem("the features are too many");
    }
  }
  ImportedLayer layer;
  layer.type = "concat";
  return emit(call, layer, call.inputs, with_features(call.inputs.front(), static_cast<std::size_t>(features)));
}

KerasTensor KerasLayers::reshaped(const KerasTensor& input, const std::vector<int>& shape, const KerasCall& call) {
  if (shape == input.shape) {
    return input;
  }
  const bool squeezes = shape.back() == input.shape.back();  // only axes of one element come or go
  const bool is_free = tokens_of(input) == 1 && input.shape.size() <= 2 && squeezes && shape.size() <= 2;
  const bool rearranges_event = input.name == "event" && (input.shape.size() != 2 || shape.size() == 2);
  if (is_free || rearranges_event) {
    KerasTensor result = input;
    result.shape = shape;
    return result;
  }
  if (shape.size() == 1 && input.shape.size() == 2) {
    if (model_.mask != MaskKind::none) {
      throw KerasProblem("flattens masked tokens, expected GlobalAveragePooling1D there");
    }
    ImportedLayer layer;
    layer.type = "flatten";
    KerasTensor result = emit(call, layer, {input}, shape);
    result.flat = true;
    return result;
  }
  throw KerasProblem(fmt::format("rearranges {} to {}, expected Flatten, or a Reshape of the event itself",
                                 shape_of(input.shape), shape_of(shape)));
}

KerasTensor KerasLayers::flatten(const KerasCall& call) {
  const KerasTensor& input = only_input(call);
  if (config_text(call.config, "data_format", "channels_last") != "channels_last") {
    throw KerasProblem("data_format: channels_first, expected channels_last");
  }
  const int size = element_count(input.shape);
  return reshaped(input, {size}, call);
}

KerasTensor KerasLayers::reshape(const KerasCall& call) {
  const KerasTensor& input = only_input(call);
  const json& target = config_value(call.config, "target_shape");
  if (!target.is_array() || target.empty() || target.size() > kMostAxes) {
    throw KerasProblem(fmt::format("target_shape: {}, expected a list of sizes", config_shown(target)));
  }
  const int size = element_count(input.shape);
  std::vector<int> shape;
  int rest = size;
  int open = -1;
  for (const json& item : target) {
    const int length = config_integer({{"target_shape", item}}, "target_shape", -1, -1, kMostWidth);
    if (length < 1 && open >= 0) {
      throw KerasProblem(fmt::format("target_shape: {}, expected at most one open size", config_shown(target)));
    }
    if (length < 1) {
      open = static_cast<int>(shape.size());
    } else if (rest % length != 0) {
      rest = 0;
    } else {
      rest /= length;
    }
    shape.push_back(length);
  }
  if (rest == 0 || (open < 0 && rest != 1)) {
    throw KerasProblem(fmt::format("target_shape: {} of a tensor {}, expected as many elements", config_shown(target),
                                   shape_of(input.shape)));
  }
  if (open >= 0) {
    shape[static_cast<std::size_t>(open)] = rest;
  }
  return reshaped(input, shape, call);
}

KerasTensor KerasLayers::pool(const KerasCall& call) {
  const KerasTensor& input = only_input(call);
  if (config_text(call.config, "data_format", "channels_last") != "channels_last") {
    throw KerasProblem("data_format: channels_first, expected channels_last");
  }
  if (input.shape.size() != 2) {
    throw KerasProblem(fmt::format("pools a tensor {}, expected [tokens,features]", shape_of(input.shape)));
  }
  const bool is_max = call.class_name.find("Max") != std::string::npos;
  if (is_max && model_.mask != MaskKind::none) {
    throw KerasProblem("a maximum over masked tokens, which Keras does not leave out; nearest: GlobalAveragePooling1D");
  }
  ImportedLayer layer;
  layer.type = "pool";
  layer.keys["mode"] = is_max ? "max" : "mean";
  std::vector<int> shape = {input.shape.back()};
  if (config_flag(call.config, "keepdims", false)) {
    shape.insert(shape.begin(), 1);
  }
  return emit(call, layer, {input}, shape);
}

KerasTensor KerasLayers::activation(const KerasCall& call) {
  const KerasTensor& input = only_input(call);
  const json& value = config_value(call.config, "activation");
  return emit_all(call, activation_layers(value, input.shape.back()), input, "");
}

/// A layer that is a function.
KerasTensor KerasLayers::function(const KerasCall& call) {
  const KerasTensor& input = only_input(call);
  json config = call.config;
  if (call.class_name == "Softmax") {
    check_axis(call, input, -1);
    config.erase("axis");
  }
  return emit_all(call, activation_layers({{"class_name", call.class_name}, {"config", config}}, input.shape.back()),
                  input, "");
}

KerasTensor KerasLayers::masking(const KerasCall& call) {
  const KerasTensor& input = only_input(call);
  if (input.name != "event" || input.shape.size() != 2 || !event_shape_.empty()) {
    throw KerasProblem(
        "Masking of a tensor other than the event [tokens,features], expected it directly behind the input");
  }
  model_.mask = MaskKind::valid;
  model_.notes.push_back(fmt::format("{}: a bit for each token says which are real, in place of the value {}",
                                     call.place.names.back(), config_number(call.config, "mask_value", 0)));
  return input;
}

}  // namespace rtlgen
