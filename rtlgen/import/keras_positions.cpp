// Constants of tokens: position embeddings of Keras.
#include <algorithm>
#include <cmath>

#include "rtlgen/import/keras_config.hpp"
#include "rtlgen/import/keras_layers.hpp"
#include "rtlgen/import/keras_problem.hpp"
#include "rtlgen/import/keras_shapes.hpp"

namespace rtlgen {

std::vector<double> KerasLayers::positions_of(const KerasCall& call) const {
  const KerasTensor& input = call.inputs.front();
  const std::optional<Hdf5Array> found = file_.read_only_weight(call.place);
  if (!found || input.shape.size() != 2) {
    return {};
  }
  std::vector<std::size_t> shape = found->shape;
  if (shape.size() == 3 && shape.front() == 1) {
    shape.erase(shape.begin());
  }
  const auto tokens = static_cast<std::size_t>(tokens_of(input));
  if (shape.size() != 2 || shape[0] < tokens || shape[1] != features_of(input)) {
    return {};
  }
  std::vector<double> constants(found->values.begin(),
                                found->values.begin() + static_cast<std::ptrdiff_t>(tokens * shape[1]));
  if (!std::all_of(constants.begin(), constants.end(), [](double value) { return std::isfinite(value); })) {
    throw KerasProblem("its weight holds infinities or NaN");
  }
  return constants;
}

/// PositionEmbedding of Keras' language models: the positions alone, in the shape of what goes in.
KerasTensor KerasLayers::position_embedding(const KerasCall& call) {
  if (call.inputs.size() != 1 || !call.named.empty()) {
    throw KerasProblem("expected one input");
  }
  KerasTensor result = call.inputs.front();
  result.constant = positions_of(call);
  if (result.constant.empty()) {
    throw KerasProblem("has no weight [positions,features] for a tensor " + shape_of(result.shape));
  }
  return result;
}

KerasTensor KerasLayers::add_constants(const KerasCall& call, const KerasTensor& tensor,
                                       const std::vector<double>& constants) {
  const std::size_t features = features_of(tensor);
  ImportedLayer layer;
  layer.type = "affine";
  layer.arrays["weight"] = {{features}, std::vector<double>(features, 1), false};
  layer.arrays["bias"] = {{constants.size() / features, features}, constants, false};
  return emit(call, layer, {tensor}, tensor.shape);
}

}  // namespace rtlgen
