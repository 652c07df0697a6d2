#include "rtlgen/frontend/layer_types.hpp"
#include "rtlgen/frontend/sum_activation.hpp"

namespace rtlgen {
namespace {

/// The unit of each row of integer weights; empty where weights are real numbers.
Eigen::VectorXd weight_step(const WeightFile& weights, const LayerSpec& spec, std::size_t units) {
  const std::string name = spec.name.name + ".weight_scale";
  if (!weights.contains(name)) {
    return {};
  }
  if (!weights.is_integral(spec.name.name + ".weight")) {
    fail(spec, "array '" + name + "' belongs to an integer array '" + spec.name.name + ".weight'");
  }
  Eigen::VectorXd step = weights.vector_or_number(name, units, spec.where);
  if ((step.array() <= 0).any()) {
    fail(spec, "array '" + name + "' must be positive");
  }
  return step;
}

}  // namespace

LayerSpec::What read_dense(const LayerKeys& keys) {
  DenseSpec dense;
  dense.units = keys.whole("units", 1, kMaxUnits);
  dense.activation = keys.activation({"none", "softmax"}, "none");
  dense.use_bias = keys.flag("use_bias", true);
  return dense;
}

std::size_t expand(Expansion& model, const LayerSpec& spec, const DenseSpec& said) {
  const std::string& name = spec.name.name;
  const std::size_t units = size_of(said.units);
  DenseLayer dense;
  dense.flatten = model.is_flat();
  const std::size_t tokens = dense.flatten ? size_of(model.layer(model.input()).tokens) : 1;
  dense.weight = model.weights().matrix(name + ".weight", {units, model.width() * tokens}, spec.where);
  dense.weight_step = weight_step(model.weights(), spec, units);
  if (dense.weight_step.size() > 0) {
    dense.weight = dense.weight_step.asDiagonal() * dense.weight;
  }
  dense.bias = model.bias(spec, said.use_bias, name + ".bias", {units});
  const std::string sum = sum_name(name, said.activation);
  return finish_sum(model, spec, name, said.activation, model.push_dense(spec, sum, model.input(), std::move(dense)));
}

}  // namespace rtlgen
