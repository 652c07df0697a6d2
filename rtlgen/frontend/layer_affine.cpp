#include "rtlgen/frontend/layer_types.hpp"

namespace rtlgen {

LayerSpec::What read_affine(const LayerKeys& keys) { return AffineSpec{keys.flag("use_bias", true)}; }

std::size_t expand(Expansion& model, const LayerSpec& spec, const AffineSpec& said) {
  const std::string& name = spec.name.name;
  const std::size_t width = model.width();
  AffineLayer affine;
  affine.factor = model.weights().vector(name + ".weight", {width}, spec.where);
  if (!said.use_bias || model.weights().rank(name + ".bias") != 2) {
    affine.bias = model.bias(spec, said.use_bias, name + ".bias", {width});
  } else {
    // Constants of each token; where they agree they are those of a plain affine layer.
    const std::size_t tokens = size_of(model.layer(model.input()).tokens);
    const RowMatrix rows = model.weights().matrix(name + ".bias", {tokens, width}, spec.where);
    const bool agree = rows == rows.row(0).replicate(rows.rows(), 1);
    affine.bias = rows.row(0).transpose();
    if (!agree) {
      affine.bias.setZero();
      affine.token_bias = rows;
    }
  }
  return model.push(model.make(spec, name, {model.input()}, std::move(affine)));
}

}  // namespace rtlgen
