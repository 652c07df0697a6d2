// Layers of several tensors: add, concat, scores and mix.
#include "rtlgen/frontend/layer_types.hpp"
#include "rtlgen/frontend/sum_activation.hpp"

namespace rtlgen {
namespace {

LayerSpec::What read_product(const LayerKeys& keys, bool mix) {
  BankProductLayer product;
  product.mix = mix;
  product.heads = keys.whole("heads", 1, kMaxHeads);
  product.kv_heads = keys.maybe_whole("kv_heads", 1, kMaxHeads).value_or(product.heads);
  if (product.kv_heads != 1 && product.kv_heads != product.heads) {
    const YamlNode& kv_heads = keys.need("kv_heads");
    throw SourceError(kv_heads.where, "'kv_heads' must be 'heads' or 1, not " + describe(kv_heads));
  }
  return product;
}

/// 'NAME' [tokens,features] of an operand.
std::string shown(Expansion& model, const LayerSpec& spec, std::size_t i) {
  return "'" + spec.inputs[i].name + "' " + shape_of(model.layer(model.input(i)));
}

/// Features of the product of `a` and `b`.
int product_features(Expansion& model, const LayerSpec& spec, const BankProductLayer& product) {
  const Layer& a = model.layer(model.input(0));
  const Layer& b = model.layer(model.input(1));
  const std::string shapes = shown(model, spec, 0) + " and " + shown(model, spec, 1);
  if (a.tokens != b.tokens) {
    throw SourceError(spec.inputs[1].where, shapes + " must have the same tokens");
  }
  const int dim = b.features / product.kv_heads;
  if (b.features % product.kv_heads != 0 || a.features != product.heads * (product.mix ? a.tokens : dim)) {
    throw SourceError(spec.inputs[0].where, shapes + " do not fit, expected features [heads, " +
                                                (product.mix ? "tokens" : "dim") + "] and [kv_heads, dim] with " +
                                                std::to_string(product.heads) + " and " +
                                                std::to_string(product.kv_heads) + " heads");
  }
  return product.heads * (product.mix ? dim : a.tokens);
}

void open_product(Layer& layer, Residual residual) {
  const bool automatic = residual == Residual::automatic && !layer.precision.activation;
  if (auto* const dense = layer.as<DenseLayer>()) {
    dense->open = residual == Residual::exact || automatic;
  }
}

}  // namespace

LayerSpec::What read_add(const LayerKeys& keys) {
  AddSpec add;
  add.activation = keys.activation({"none"}, "none");
  return add;
}
LayerSpec::What read_scores(const LayerKeys& keys) { return read_product(keys, false); }
LayerSpec::What read_mix(const LayerKeys& keys) { return read_product(keys, true); }

std::size_t expand(Expansion& model, const LayerSpec& spec, const AddSpec& said) {
  const std::string& name = spec.name.name;
  open_product(model.layer(model.input(spec.inputs.size() - 1)), said.residual);
  std::size_t sum = model.input();
  for (std::size_t i = 1; i < spec.inputs.size(); ++i) {
    const Layer& left = model.layer(sum);
    const Layer& right = model.layer(model.input(i));
    if (left.tokens != right.tokens || left.features != right.features) {
      throw SourceError(spec.inputs[i].where, "cannot add " + shown(model, spec, i) + " to " + shown(model, spec, 0) +
                                                  ": shapes must be equal");
    }
    const bool last = i + 1 == spec.inputs.size();
    const std::string part = last ? sum_name(name, said.activation) : name + ".partial" + std::to_string(i);
    sum = model.push(model.make(spec, part, {sum, model.input(i)}, AddLayer{}));
  }
  return finish_sum(model, spec, name, said.activation, sum);
}

std::size_t expand(Expansion& model, const LayerSpec& spec, const ConcatSpec& /*said*/) {
  std::vector<std::size_t> inputs;
  int features = 0;
  for (std::size_t i = 0; i < spec.inputs.size(); ++i) {
    inputs.push_back(model.input(i));
    features += model.layer(inputs.back()).features;
    if (model.layer(inputs.back()).tokens != model.layer(inputs.front()).tokens) {
      throw SourceError(spec.inputs[i].where, "cannot put " + shown(model, spec, i) + " beside " +
                                                  shown(model, spec, 0) + ": they must have the same tokens");
    }
  }
  Layer made = model.make(spec, spec.name.name, inputs, ConcatLayer{});
  made.features = features;
  return model.push_wide(std::move(made));
}

std::size_t expand(Expansion& model, const LayerSpec& spec, const BankProductLayer& said) {
  Layer made = model.make(spec, spec.name.name, {model.input(0), model.input(1)}, said);
  made.features = product_features(model, spec, said);
  return model.push_wide(std::move(made));
}

}  // namespace rtlgen
