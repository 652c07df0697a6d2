#include "rtlgen/frontend/layer_types.hpp"
#include "rtlgen/frontend/sum_activation.hpp"

namespace rtlgen {

LayerSpec::What read_feed_forward(const LayerKeys& keys) {
  FeedForwardSpec feed_forward;
  feed_forward.hidden = keys.whole("hidden", 1, kMaxUnits);
  feed_forward.activation = keys.activation({"none"}, "relu");
  feed_forward.use_bias = keys.flag("use_bias", true);
  return feed_forward;
}

std::size_t expand(Expansion& model, const LayerSpec& spec, const FeedForwardSpec& said) {
  const std::string& name = spec.name.name;
  const std::string hidden_name = name + ".hidden";
  const std::size_t width = model.width();
  const std::size_t hidden = size_of(said.hidden);
  RowMatrix w1 = model.weights().matrix(name + ".w1", {hidden, width}, spec.where);
  RowMatrix w2 = model.weights().matrix(name + ".w2", {width, hidden}, spec.where);
  DenseLayer first{std::move(w1), model.bias(spec, said.use_bias, name + ".b1", {hidden}), {}};
  const std::string linear = sum_name(hidden_name, said.activation);
  const std::size_t sum = model.push_dense(spec, linear, model.input(), std::move(first));
  const std::size_t middle = finish_sum(model, spec, hidden_name, said.activation, sum);
  DenseLayer second{std::move(w2), model.bias(spec, said.use_bias, name + ".b2", {width}), {}};
  return model.push_dense(spec, name, middle, std::move(second));
}

}  // namespace rtlgen
