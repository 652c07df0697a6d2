#include "rtlgen/frontend/transformer_block.hpp"

#include "rtlgen/frontend/layer_types.hpp"

namespace rtlgen {
namespace {

constexpr int kMaxRepeat = 64;

}  // namespace

const std::vector<std::string>& block_keys() {
  static const std::vector<std::string> kKeys = {"heads",      "key_dim",    "value_dim", "hidden",
                                                 "norm",       "activation", "epsilon",   "row_max",
                                                 "projection", "use_bias",   "residual",  "repeat"};
  return kKeys;
}

BlockSpec read_block(const LayerKeys& keys) {
  BlockSpec block;
  block.attention = std::get<AttentionSpec>(read_attention(keys));
  block.feed_forward = std::get<FeedForwardSpec>(read_feed_forward(keys));
  block.norm = std::get<NormSpec>(read_layer_norm(keys));
  block.placement = keys.choice("norm", {"pre", "post", "none"});
  const std::string residual = keys.choice("residual", {"rounded", "exact", "auto"}, "auto");
  block.residual =
      residual == "exact" ? Residual::exact : (residual == "rounded" ? Residual::rounded : Residual::automatic);
  block.repeat = keys.maybe_whole("repeat", 1, kMaxRepeat);
  return block;
}

std::vector<LayerSpec> block_layers(const BlockSpec& block, const LayerSpec& named) {
  std::vector<LayerSpec> layers;
  const auto push = [&](const char* suffix, const LayerSpec::What& what, const std::vector<NameRef>& inputs) {
    layers.push_back(named);
    layers.back().name.name += suffix;
    layers.back().what = what;
    layers.back().inputs = inputs;
    return NameRef{layers.back().name.name, named.where};
  };
  const bool pre = block.placement == "pre";
  const bool post = block.placement == "post";
  const NameRef& input = named.inputs[0];
  const NameRef normed1 = pre ? push(".norm1", block.norm, {input}) : input;
  const NameRef attended = push(".attn", block.attention, {normed1});
  AddSpec sum;
  sum.residual = block.residual;
  NameRef middle = push(".add1", sum, {input, attended});
  middle = post ? push(".norm1", block.norm, {middle}) : middle;
  const NameRef normed2 = pre ? push(".norm2", block.norm, {middle}) : middle;
  const NameRef fed = push(".ffn", block.feed_forward, {normed2});
  const NameRef result = push(".add2", sum, {middle, fed});
  if (post) {
    push(".norm2", block.norm, {result});
  }
  return layers;
}

}  // namespace rtlgen
