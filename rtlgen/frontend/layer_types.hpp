// The types of layers: for each, what its keys say and how it becomes elementary layers, in the file that is called
// layer_ and its name.
#pragma once

#include "rtlgen/frontend/expansion.hpp"
#include "rtlgen/frontend/layer_keys.hpp"

namespace rtlgen {

/// A type as the description names it, the keys that only it has, and what reads them.
struct LayerType {
  std::string name;
  std::vector<std::string> keys;
  LayerSpec::What (*read)(const LayerKeys& keys);
};

/// Those written `type: NAME`.
const std::vector<LayerType>& layer_types();
/// Those written `NAME: [a, b]`.
const std::vector<LayerType>& operand_types();

LayerSpec::What read_dense(const LayerKeys& keys);
LayerSpec::What read_activation(const LayerKeys& keys);
LayerSpec::What read_attention(const LayerKeys& keys);
LayerSpec::What read_layer_norm(const LayerKeys& keys);
LayerSpec::What read_rms_norm(const LayerKeys& keys);
LayerSpec::What read_batch_norm(const LayerKeys& keys);
LayerSpec::What read_feed_forward(const LayerKeys& keys);
LayerSpec::What read_pool(const LayerKeys& keys);
LayerSpec::What read_softmax(const LayerKeys& keys);
LayerSpec::What read_affine(const LayerKeys& keys);
LayerSpec::What read_quantize(const LayerKeys& keys);
LayerSpec::What read_add(const LayerKeys& keys);
LayerSpec::What read_scores(const LayerKeys& keys);
LayerSpec::What read_mix(const LayerKeys& keys);

/// Appends the elementary layers of `spec`, which is a `said`; returns the last one's index. Throws SourceError.
std::size_t expand(Expansion& model, const LayerSpec& spec, const DenseSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const ActivationSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const AttentionSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const NormSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const BatchNormSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const FeedForwardSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const AddSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const PoolSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const FlattenSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const SoftmaxSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const ArgmaxSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const AffineSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const QuantizeSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const ConcatSpec& said);
std::size_t expand(Expansion& model, const LayerSpec& spec, const BankProductLayer& said);

/// The same of a spec of any type.
std::size_t expand(Expansion& model, const LayerSpec& spec);

/// A softmax `name` of layer `from` with the tables of rtlgen; `only_user`: nothing else reads that layer.
std::size_t expand_softmax(Expansion& model, const LayerSpec& spec, const SoftmaxSpec& said, const std::string& name,
                           std::size_t from, bool only_user);

}  // namespace rtlgen
