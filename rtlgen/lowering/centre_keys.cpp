#include "rtlgen/lowering/centre_keys.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "rtlgen/model/calibrate.hpp"
#include "rtlgen/model/float_reference.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kEvents = 128;

/// The layers that make keys and nothing else, of a sum that takes a constant.
std::vector<std::size_t> key_layers(const Model& model) {
  std::vector<int> users(model.layers.size());
  for (const Layer& layer : model.layers) {
    for (const std::size_t input : layer.inputs) {
      ++users[input];
    }
  }
  std::vector<std::size_t> keys;
  for (const Layer& layer : model.layers) {
    if (!layer.is<AttentionLayer>()) {
      continue;
    }
    const auto* const key = model.layers[layer.inputs.at(1)].as<DenseLayer>();
    if (key != nullptr && !key->flatten && !key->relu && users[layer.inputs.at(1)] == 1) {
      keys.push_back(layer.inputs.at(1));
    }
  }
  return keys;
}

}  // namespace

void centre_keys(Model& model, const Events& calibration) {
  const std::vector<std::size_t> keys = key_layers(model);
  if (keys.empty() || calibration.count == 0) {
    return;
  }
  const Events events = slice_events(calibration, 0, std::min(calibration.count, kEvents));
  const std::vector<RowMatrix> tensors = evaluate_float(model, events);
  for (const std::size_t index : keys) {
    const RowMatrix values = real_tokens(tensors[index], events);
    for (Eigen::Index f = 0; values.rows() > 0 && f < values.cols(); ++f) {
      const double mean = values.col(f).mean();
      if (2 * std::abs(mean) > values.col(f).cwiseAbs().maxCoeff()) {
        model.layers[index].as<DenseLayer>()->bias[f] -= mean;
      }
    }
  }
}

}  // namespace rtlgen
