#include "rtlgen/lowering/lowering_context.hpp"

#include <algorithm>
#include <limits>

#include "rtlgen/lowering/exact_lowering.hpp"
#include "rtlgen/model/calibrate.hpp"
#include "rtlgen/model/float_reference.hpp"
#include "rtlgen/model/layer_traits.hpp"

namespace rtlgen {

LoweringContext::LoweringContext(const Model& model, const Events& calibration)
    : model_(model), calibration_(calibration), precision_(model.default_precision), users_(model.layers.size(), 0) {
  graph_.name = model.name;
  graph_.target = {model.clock_mhz, model.device, model.tokens_per_beat};
  if (is_calibrated()) {
    real_ = evaluate_float(model, calibration);
  }
  for (const Layer& layer : model.layers) {
    for (const std::size_t input : layer.inputs) {
      ++users_[input];
    }
  }
}

const ExactTensor& LoweringContext::node(std::size_t index) {
  ExactTensor& tensor = tensors_[index];
  if (!tensor.is_node() || tensor.is_limited()) {
    tensor = materialize(graph_, tensor, model_.layers[index].name);
  }
  return tensor;
}

Graph::NodeId LoweringContext::operand(const Layer& layer, std::size_t which) {
  const ExactTensor& tensor = input_node(layer, which);
  if (!tensor.is_plain(type(tensor.node))) {
    throw SourceError(layer.where, "layer '" + layer.name + "' needs its input '" +
                                       model_.layers[layer.inputs.at(which)].name +
                                       "' in a fixed-point format; expected a quantize layer with `format` before it");
  }
  return tensor.node;
}

std::vector<Graph::NodeId> LoweringContext::operands(const Layer& layer) {
  std::vector<NodeId> nodes;
  for (std::size_t which = 0; which < layer.inputs.size(); ++which) {
    nodes.push_back(operand(layer, which));
  }
  return nodes;
}

void LoweringContext::require_calibration(const Layer& layer) const {
  if (!is_calibrated()) {
    throw SourceError(layer.where,
                      "layer '" + layer.name + "' has an automatic format, expected `calibration: events.npz`");
  }
}

Format LoweringContext::calibrated(const FormatSpec& chosen, std::size_t index) const {
  return calibrated_format(real_tokens(real_[index], calibration_), chosen.bits);
}

Quantizer LoweringContext::quantizer(const Layer& layer, const FormatSpec& chosen) const {
  Quantizer quantizer = chosen.quantizer;
  if (chosen.automatic) {
    require_calibration(layer);
    quantizer.format = calibrated(chosen, index_of(layer));
  }
  return quantizer;
}

bool LoweringContext::is_exact(const Layer& layer) const {
  if (exactness(layer) != Exactness::where_asked) {
    return exactness(layer) == Exactness::always;
  }
  return precision_.activation(layer).exact ||
         std::any_of(layer.inputs.begin(), layer.inputs.end(),
                     [&](std::size_t input) { return !tensors_[input].is_plain(type(tensors_[input].node)); });
}

std::string LoweringContext::exact_name(const Layer& layer) const {
  return precision_.activation(layer).exact && !has_relu(layer) ? layer.name : layer.name + ".exact";
}

ExactTensor LoweringContext::finish(const Layer& layer, ExactTensor tensor) {
  if (has_relu(layer)) {
    tensor.limit(0, std::numeric_limits<double>::infinity());
  }
  if (!precision_.activation(layer).exact) {
    const UniformQuantizer format = uniform_quantizer(output(layer), layer.features);
    tensor = quantize_exact(graph_, tensor, format, layer.name, Equality::nearly);
  }
  return share(layer, std::move(tensor));
}

ExactTensor LoweringContext::share(const Layer& layer, ExactTensor tensor) {
  // A function has no integers before it is quantized.
  return users_[index_of(layer)] > 1 && tensor.steps.empty() ? materialize(graph_, tensor, layer.name) : tensor;
}

}  // namespace rtlgen
