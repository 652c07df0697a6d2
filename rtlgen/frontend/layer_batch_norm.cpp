#include "rtlgen/frontend/layer_types.hpp"
#include "rtlgen/model/layer_traits.hpp"

namespace rtlgen {
namespace {

constexpr double kEpsilon = 1e-3;

}  // namespace

LayerSpec::What read_batch_norm(const LayerKeys& keys) {
  return BatchNormSpec{keys.maybe_number("epsilon", 0, 1).value_or(kEpsilon)};
}

std::size_t expand(Expansion& model, const LayerSpec& spec, const BatchNormSpec& said) {
  const std::string& name = spec.name.name;
  const auto array = [&](const char* key) {
    return model.weights().vector(name + "." + key, {model.width()}, spec.where);
  };
  const Eigen::VectorXd gamma = array("gamma");
  const Eigen::VectorXd beta = array("beta");
  const Eigen::VectorXd mean = array("mean");
  const Eigen::ArrayXd power = array("variance").array() + said.epsilon;
  if ((power <= 0).any()) {
    fail(spec, "array '" + name + ".variance' plus epsilon must be positive");
  }
  const Eigen::VectorXd factors = gamma.array() / power.sqrt();
  const Eigen::VectorXd offsets = beta.array() - mean.array() * factors.array();
  Layer& from = model.layer(model.input());
  if (!model.is_only_user() || !takes_factors(from) || model.has_format_before()) {
    return model.push_affine(spec, name, model.input(), factors, offsets);
  }
  scale_outputs(from, factors);
  auto* const affine = from.as<AffineLayer>();
  (affine != nullptr ? affine->bias : from.as<DenseLayer>()->bias) += offsets;
  from.precision = overlay(from.precision, spec.precision);
  return model.input();
}

}  // namespace rtlgen
