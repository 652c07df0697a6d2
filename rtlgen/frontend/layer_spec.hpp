// Layers as the YAML description has them, before they are taken apart into elementary ones.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rtlgen/frontend/quantizer_spec.hpp"
#include "rtlgen/model/layer.hpp"

namespace rtlgen {

/// Name of the tensor that holds the event.
constexpr const char* kEventName = "event";
/// Name of the layer that holds the mask.
constexpr const char* kMaskName = "mask";

struct DenseSpec {
  int units = 0;
  bool use_bias = true;
  std::string activation = "none";
};

struct ActivationSpec {
  std::string function;
  double slope = 0;  ///< leaky_relu
  double low = 0;    ///< clip
  double high = 0;   ///< clip
};

struct AttentionSpec {
  int heads = 1;
  std::optional<int> key_dim;       ///< default: the input's features / heads
  std::optional<int> value_dim;     ///< default: key_dim
  std::optional<int> units;         ///< default: the input's features
  std::optional<bool> row_max;      ///< absent: automatic
  std::string projection = "auto";  ///< auto, merged or separate
  bool use_bias = true;
};

/// layer_norm and rms_norm.
struct NormSpec {
  bool center = true;  ///< layer_norm
  double epsilon = 0;
};

struct BatchNormSpec {
  double epsilon = 0;
};

struct FeedForwardSpec {
  int hidden = 0;
  bool use_bias = true;
  std::string activation;
};

/// How the last operand of a sum comes into it where a matrix product makes it: rounded to its format, as its exact
/// sums, or so unless a format is said for it.
enum class Residual { rounded, exact, automatic };

struct AddSpec {
  std::string activation = "none";
  Residual residual = Residual::rounded;
};

struct PoolSpec {
  PoolMode mode = PoolMode::sum;
};

struct FlattenSpec {};

/// What a softmax layer by tables says in the description; the tables' entries are arrays of the weight file.
struct SoftmaxTableSpec {
  Quantizer exp_index;
  Quantizer inv_index;
  int exp_frac = 0;
  int inv_frac = 0;
};

struct SoftmaxSpec {
  int groups = 1;
  bool masked = false;                     ///< features of a group are tokens, padding weighs nothing
  std::optional<SoftmaxTableSpec> tables;  ///< absent: rtlgen's own
};

struct ArgmaxSpec {};

struct AffineSpec {
  bool use_bias = true;
};

struct ConcatSpec {};

/// A layer's name where it is used.
struct NameRef {
  std::string name;
  SourceLocation where;
};

/// One layer; transformer blocks are already taken apart into these. Scores and mix say all that there is to say of
/// their elementary layer.
struct LayerSpec {
  using What = std::variant<DenseSpec, ActivationSpec, AttentionSpec, NormSpec, BatchNormSpec, FeedForwardSpec, AddSpec,
                            PoolSpec, FlattenSpec, SoftmaxSpec, ArgmaxSpec, AffineSpec, QuantizeSpec, ConcatSpec,
                            BankProductLayer>;

  NameRef name;
  SourceLocation where;
  std::vector<NameRef> inputs;
  Precision precision;
  What what;
};

/// The layers of a description in file order.
struct LayerList {
  std::vector<LayerSpec> layers;
  std::map<std::string, std::string> aliases;     ///< names of blocks: the name of their last layer
  std::optional<SourceLocation> first_automatic;  ///< see read_precision
};

}  // namespace rtlgen
