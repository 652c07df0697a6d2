#include <algorithm>
#include <cmath>
#include <limits>

#include "rtlgen/import/onnx_readers.hpp"

namespace rtlgen {
namespace {

/// A bound of Clip: an attribute, or since opset 11 an input.
double bound(const OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs, std::size_t input,
             const char* key, double otherwise) {
  const OnnxTensorPtr constant = optional_constant(context, node, inputs, input);
  if (constant && constant->values.size() != 1) {
    context.fail(node, "has a bound that is not one number");
  }
  const double number = constant ? constant->values[0] : node.number(key, otherwise);
  return std::abs(number) > 1e30 ? otherwise : number;
}

OnnxValue clip(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  const double low = bound(context, node, inputs, 1, "min", -kNone);
  const double high = bound(context, node, inputs, 2, "max", kNone);
  OnnxValue x = context.with_all_features(node, required(context, node, inputs, 0));
  if (low == -kNone && high == kNone) {
    return x;
  }
  const bool relu = low == 0 && high == kNone;
  if (!relu && (!std::isfinite(low) || !std::isfinite(high) || low >= high)) {
    context.fail(node, "has one bound; nearest supported form: both, or 0 as the lower one");
  }
  x.node = context.network.add_unary(relu ? NetOp::function : NetOp::clip, x.node, context.origin(node));
  NetNode& made = context.network.at(x.node);
  made.function = relu ? "relu" : "";
  made.low = relu ? 0 : low;
  made.high = relu ? 0 : high;
  return x;
}

/// max(0, min(1, alpha x + beta))
OnnxValue hard_sigmoid(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs) {
  OnnxValue x = context.with_all_features(node, required(context, node, inputs, 0));
  const auto features = static_cast<std::size_t>(context.network.at(x.node).features);
  const std::vector<double> factors(features, node.number("alpha", 0.2));
  const std::vector<double> offsets(features, node.number("beta", 0.5));
  const std::size_t line = context.network.add_affine(x.node, factors, offsets, context.origin(node));
  x.node = context.network.add_unary(NetOp::clip, line, context.origin(node));
  context.network.at(x.node).high = 1;
  return x;
}

/// The factor below 0 of LeakyRelu and PRelu.
double slope(const OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs) {
  if (node.op == "LeakyRelu") {
    return node.number("alpha", 0.01);
  }
  const OnnxTensorPtr list = optional_constant(context, node, inputs, 1);
  const bool one =
      list && !list->values.empty() &&
      std::all_of(list->values.begin(), list->values.end(), [&](double x) { return x == list->values[0]; });
  if (!one) {
    context.fail(node, "has a slope for each channel; nearest supported form: one for all");
  }
  return list->values[0];
}

/// Parameters other than these have no function of docs/yaml.md.
void check_parameters(const OnnxContext& context, const OnnxNode& node) {
  constexpr double kSeluAlpha = 1.67326319217681884765625;
  constexpr double kSeluGamma = 1.05070102214813232421875;
  constexpr double kClose = 1e-6;
  const bool elu = node.op == "Elu" && node.number("alpha", 1) != 1;
  const bool selu = node.op == "Selu" && (std::abs(node.number("alpha", kSeluAlpha) - kSeluAlpha) > kClose ||
                                          std::abs(node.number("gamma", kSeluGamma) - kSeluGamma) > kClose);
  if (elu || selu) {
    context.fail(node, "has parameters of its own; nearest supported form: the default ones");
  }
}

std::string function_of(const OnnxNode& node) {
  static const std::map<std::string, std::string> kFunctions = {{"Relu", "relu"},
                                                                {"Sigmoid", "sigmoid"},
                                                                {"Tanh", "tanh"},
                                                                {"Gelu", "gelu"},
                                                                {"Elu", "elu"},
                                                                {"Selu", "selu"},
                                                                {"Softplus", "softplus"},
                                                                {"Softsign", "softsign"},
                                                                {"HardSwish", "hard_swish"},
                                                                {"LeakyRelu", "leaky_relu"},
                                                                {"PRelu", "leaky_relu"}};
  const auto function = kFunctions.find(node.op);
  if (function == kFunctions.end()) {
    return "";
  }
  return node.op == "Gelu" && node.text("approximate", "none") == "tanh" ? "gelu_tanh" : function->second;
}

}  // namespace

OnnxOutputs read_function(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs) {
  const std::string function = function_of(node);
  if ((function.empty() && node.op != "Clip" && node.op != "HardSigmoid") ||
      !required(context, node, inputs, 0).is(OnnxValue::Kind::activation)) {
    return std::nullopt;
  }
  if (function.empty()) {
    return std::vector<OnnxValue>{node.op == "Clip" ? clip(context, node, inputs)
                                                    : hard_sigmoid(context, node, inputs)};
  }
  check_parameters(context, node);
  OnnxValue x = context.with_all_features(node, *inputs[0]);
  x.node = context.network.add_unary(NetOp::function, x.node, context.origin(node));
  NetNode& made = context.network.at(x.node);
  made.function = function;
  made.slope = function == "leaky_relu" ? slope(context, node, inputs) : 0;
  return std::vector<OnnxValue>{x};
}

}  // namespace rtlgen
