// Activation functions, and clip.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <limits>

#include "primitives/table.hpp"
#include "rtlgen/lowering/exact_function.hpp"
#include "rtlgen/lowering/exact_sums.hpp"
#include "rtlgen/lowering/function_lowering.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"
#include "rtlgen/lowering/rounded_operand.hpp"
#include "rtlgen/model/activation_functions.hpp"
#include "rtlgen/model/calibrate.hpp"
#include "rtlgen/model/layer_traits.hpp"

namespace rtlgen {
namespace {

constexpr int kFactorBits = 12;  // of the factor between sums and the operand of a function

/// As the steps of a tensor; functions are not made before they are quantized.
ExactTensor exact_function(LoweringContext& context, const Layer& layer, const ActivationLayer& activation) {
  const bool leaky = activation.function == "leaky_relu";
  ExactTensor tensor = context.input(layer);
  if (activation.function == "linear" || (leaky && activation.slope == 1)) {
    return tensor;
  }
  if (activation.function == "relu" || (leaky && activation.slope == 0)) {
    tensor.limit(0, std::numeric_limits<double>::infinity());
    return tensor;
  }
  if (tensor.token_offset.size() > 0) {
    tensor = context.input_node(layer);
  }
  const auto function = [name = activation.function, slope = activation.slope](double x) {
    return activation_function(name, x, slope);
  };
  tensor.apply(function, is_monotonic(activation.function) && activation.slope >= 0);
  return tensor;
}

ExactTensor rounded_function(LoweringContext& context, const Layer& layer, const ActivationLayer& activation,
                             Graph::NodeId x) {
  FunctionSpec function;
  function.function = activation.function;
  function.slope = activation.slope;
  function.output = context.output(layer);
  function.table_bits = context.precision().function_bits(layer);
  if (context.is_calibrated()) {
    function.seen = context.input_format(layer);
  }
  const LoweredFunction lowered = lower_function(context.graph(), x, function, layer.name);
  if (lowered.is_coarse) {
    spdlog::warn(
        "layer '{}': the tables of its function are up to {:.2g} off; expected more `table_bits` (now {}, at most {}), "
        "calibration events, or an input whose format has less range",
        layer.name, lowered.error, function.table_bits, kMaxTableBits);
  }
  return tensor_of_node(lowered.node, context.type(lowered.node));
}

/// Whether the results are more than a table of all of them is sure to have.
bool has_many_results(LoweringContext& context, const Layer& layer, const ActivationLayer& activation) {
  const PrecisionRules& precision = context.precision();
  const ExactTensor& x = context.input(layer);
  return !only_limits(activation.function) && !precision.activation(layer).exact &&
         precision.activation_bits(layer) > kMaxTableBits && x.steps.empty() && x.token_offset.size() == 0;
}

/// The function of an operand that is rounded to a quarter of the result's step.
ExactTensor function_of_rounded(LoweringContext& context, const Layer& layer, const ActivationLayer& activation) {
  ExactTensor& x = context.input(layer);
  x = separate_sums(context.graph(), x, context.model().layers[layer.inputs.at(0)].name);
  const int whole = integer_bits(largest_magnitude(context.graph(), x));
  const int width = std::clamp(whole + context.output(layer).format.frac() + 2, 2, kMaxFormatWidth);
  const Format format{true, width, whole};
  return rounded_function(context, layer, activation,
                          rounded_operand(context.graph(), x, format, kFactorBits, layer.name + ".in"));
}

}  // namespace

ExactTensor lower(LoweringContext& context, const Layer& layer, const ActivationLayer& what) {
  if (!context.is_exact(layer)) {
    return rounded_function(context, layer, what, context.operand(layer));
  }
  if (!has_many_results(context, layer, what)) {
    return context.finish(layer, exact_function(context, layer, what));
  }
  const Graph graph_before = context.graph();
  const std::vector<ExactTensor> tensors_before = context.tensors();
  try {
    return context.finish(layer, exact_function(context, layer, what));
  } catch (const IrError&) {
    context.graph() = graph_before;
    context.tensors() = tensors_before;
  }
  return function_of_rounded(context, layer, what);
}

ExactTensor lower(LoweringContext& context, const Layer& layer, const ClipLayer& what) {
  ExactTensor tensor = context.input(layer);
  if (what.low == what.high && tensor.steps.empty()) {
    tensor = context.input_node(layer);
    tensor.transform(Eigen::VectorXd::Zero(layer.features), Eigen::VectorXd::Constant(layer.features, what.low));
  } else {
    tensor.limit(what.low, what.high);
  }
  return context.finish(layer, std::move(tensor));
}

}  // namespace rtlgen
