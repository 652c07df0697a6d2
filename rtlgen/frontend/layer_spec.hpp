// Layers as the YAML description has them, before they are taken apart into elementary ones.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rtlgen/model/model.hpp"

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
  affine,
  quantize,
  concat,
  scores,
  mix,
};

/// What a quantize layer says in the description; numbers that are absent are arrays of the weight file.
struct QuantizeSpec {
  enum class Form {
    format,       ///< one fixed-point format
    per_feature,  ///< fixed-point formats in arrays
    per_token,    ///< the same for each token
    scaled,       ///< integers of some bits, a scale and a zero point
    bipolar,      ///< +scale or -scale
  };
  Form form = Form::format;
  Quantizer quantizer;  ///< format: all of it; per_feature, per_token: modes and sign; scaled: rounding and sign
  bool narrow = false;
  std::optional<int> bits;
  std::optional<double> scale;
  std::optional<double> zero_point;
  std::optional<double> low;  ///< scaled: a limit of the integers
  std::optional<double> high;
};

/// What a softmax layer by tables says in the description; the tables' entries are arrays of the weight file.
struct SoftmaxTableSpec {
  Quantizer exp_index;
  Quantizer inv_index;
  int exp_frac = 0;
  int inv_frac = 0;
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
  int heads = 1;                    ///< attention, scores, mix
  int kv_heads = 1;                 ///< scores, mix: heads of the second input
  int groups = 1;                   ///< softmax
  bool masked = false;              ///< softmax: features of a group are tokens, padding weighs nothing
  std::optional<int> key_dim;       ///< attention
  std::optional<int> value_dim;     ///< attention
  std::optional<bool> row_max;      ///< attention; absent: automatic
  std::string projection = "auto";  ///< attention: auto, merged or separate
  double epsilon = 0;               ///< norms
  double low = 0;                   ///< activation clip
  double high = 0;                  ///< activation clip
  double slope = 0;                 ///< activation leaky_relu
  QuantizeSpec quantize;            ///< quantize
  std::optional<SoftmaxTableSpec> softmax_tables;  ///< softmax; absent: rtlgen's own tables
};

/// The layers of a description in file order.
struct LayerList {
  std::vector<LayerSpec> layers;
  std::map<std::string, std::string> aliases;     ///< names of blocks: the name of their last layer
  std::optional<SourceLocation> first_automatic;  ///< see read_precision
};

}  // namespace rtlgen
