// Transformer blocks of the description: an attention and a feed-forward layer, sums and norms.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rtlgen/frontend/layer_keys.hpp"
#include "rtlgen/frontend/layer_spec.hpp"

namespace rtlgen {

constexpr const char* kBlockType = "transformer_block";

/// The keys that only blocks have.
const std::vector<std::string>& block_keys();

struct BlockSpec {
  AttentionSpec attention;
  FeedForwardSpec feed_forward;
  NormSpec norm;
  std::string placement;  ///< of the norms: pre, post or none
  Residual residual = Residual::automatic;
  std::optional<int> repeat;
};

/// Reads the keys of a block. Throws SourceError.
BlockSpec read_block(const LayerKeys& keys);

/// The layers of a block; name, input, precision and place are those of `named`.
std::vector<LayerSpec> block_layers(const BlockSpec& block, const LayerSpec& named);

}  // namespace rtlgen
