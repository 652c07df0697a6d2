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

}  // namespace

OnnxOutputs read_function(OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs) {
  static const std::map<std::string, std::string> kFunctions = {
      {"Relu", "relu"}, {"Sigmoid", "sigmoid"}, {"Tanh", "tanh"}, {"Gelu", "gelu"}};
  const auto function = kFunctions.find(node.op);
  if ((function == kFunctions.end() && node.op != "Clip") ||
      !required(context, node, inputs, 0).is(OnnxValue::Kind::activation)) {
    return std::nullopt;
  }
  if (node.op == "Clip") {
    return std::vector<OnnxValue>{clip(context, node, inputs)};
  }
  if (node.op == "Gelu" && node.text("approximate", "none") != "none") {
    context.fail(node, "is the approximation by tanh; nearest supported form: GELU with the error function");
  }
  OnnxValue x = context.with_all_features(node, *inputs[0]);
  x.node = context.network.add_unary(NetOp::function, x.node, context.origin(node));
  context.network.at(x.node).function = function->second;
  return std::vector<OnnxValue>{x};
}

}  // namespace rtlgen
