// layer_norm and rms_norm.
#include "rtlgen/frontend/layer_types.hpp"

namespace rtlgen {
namespace {

constexpr double kEpsilon = 1e-5;

}  // namespace

LayerSpec::What read_layer_norm(const LayerKeys& keys) {
  return NormSpec{true, keys.maybe_number("epsilon", 0, 1).value_or(kEpsilon)};
}

LayerSpec::What read_rms_norm(const LayerKeys& keys) {
  return NormSpec{false, keys.maybe_number("epsilon", 0, 1).value_or(kEpsilon)};
}

std::size_t expand(Expansion& model, const LayerSpec& spec, const NormSpec& said) {
  const std::string& name = spec.name.name;
  const std::size_t width = model.width();
  const NormalizeLayer normalize{said.epsilon, said.center};
  Layer normalized = model.make(spec, name + ".normalized", {model.input()}, normalize);
  const Eigen::VectorXd factors = model.weights().vector(name + ".weight", {width}, spec.where);
  const Eigen::VectorXd offsets = model.bias(spec, said.center, name + ".bias", {width});
  return model.push_affine(spec, name, model.push(std::move(normalized)), factors, offsets);
}

}  // namespace rtlgen
