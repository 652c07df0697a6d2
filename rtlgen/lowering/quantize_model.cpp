#include "rtlgen/lowering/quantize_model.hpp"

#include <utility>

#include "ir/verify.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"
#include "rtlgen/lowering/name_nodes.hpp"
#include "rtlgen/model/layer_traits.hpp"

namespace rtlgen {
namespace {

/// What `step` returns; its errors are those of the layer.
template <typename Step>
auto blame(const Layer& layer, const Step& step) {
  try {
    return step();
  } catch (const IrError& error) {
    throw SourceError(layer.where, error.what());
  }
}

ExactTensor lower_layer(LoweringContext& context, const Layer& layer) {
  if (exactness(layer) == Exactness::never && context.precision().activation(layer).exact) {
    throw SourceError(layer.where,
                      "layer '" + layer.name + "' cannot be exact, expected `precision: {activation: FORMAT}`");
  }
  return std::visit([&](const auto& what) { return lower(context, layer, what); }, layer.what);
}

}  // namespace

Graph quantize_model(const Model& model, const Events& calibration) {
  LoweringContext context(model, calibration);
  for (const Layer& layer : model.layers) {
    context.tensors().push_back(blame(layer, [&] { return lower_layer(context, layer); }));
  }
  const std::size_t output = model.layers.size() - 1;
  context.graph().set_outputs({blame(model.layers.back(), [&] { return context.node(output).node; })});
  name_nodes(context.graph(), model, context.tensors());
  verify(context.graph());
  return std::move(context.graph());
}

}  // namespace rtlgen
