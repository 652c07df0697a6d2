// Layers as the YAML description has them, before they are taken apart into elementary ones.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ir/model.hpp"

namespace rtlgen {

/// Name of the tensor that holds the event.
constexpr const char* kEventName = "event";
/// Name of the layer that holds the mask.
constexpr const char* kMaskName = "mask";

/// Types of layers; transformer blocks are already taken apart into these.
enum class LayerType {
  dense,
  activation,
  multi_head_attention,
  layer_norm,
  rms_norm,
  batch_norm,
  feed_forward,
  add,
  pool,
  flatten,
  softmax,
  argmax,
};

/// A layer's name where it is used.
struct NameRef {
  std::string name;
  SourceLocation where;
};

/// One layer; fields that its type does not have are unused.
struct LayerSpec {
  NameRef name;
  LayerType type = LayerType::dense;
  SourceLocation where;
  std::vector<NameRef> inputs;
  Precision precision;
  std::optional<int> units;         ///< dense: always there; attention: default is the input's features
  int hidden = 0;                   ///< feed_forward
  bool use_bias = true;             ///< dense, attention, feed_forward
  std::string function = "none";    ///< dense, add, feed_forward: activation; activation: its function; pool: mode
  int heads = 1;                    ///< attention
  std::optional<int> key_dim;       ///< attention
  std::optional<int> value_dim;     ///< attention
  std::optional<bool> row_max;      ///< attention; absent: automatic
  std::string projection = "auto";  ///< attention: auto, merged or separate
  double epsilon = 0;               ///< norms
};

/// The layers of a description in file order.
struct LayerList {
  std::vector<LayerSpec> layers;
  std::map<std::string, std::string> aliases;     ///< names of blocks: the name of their last layer
  std::optional<SourceLocation> first_automatic;  ///< see read_precision
};

}  // namespace rtlgen
