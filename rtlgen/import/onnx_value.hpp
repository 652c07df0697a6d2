// What stands for a tensor of an ONNX graph while the graph is read.
#pragma once

#include "rtlgen/import/onnx_network.hpp"

namespace rtlgen {

/// Attention scores on their way: products of two tensors' features, perhaps already through the softmax.
struct OnnxScores {
  std::size_t left = 0;  ///< tensors
  std::size_t right = 0;
  std::int64_t heads = 1;
  std::vector<std::int64_t> left_columns;  ///< [head, element]
  std::vector<std::int64_t> right_columns;
  double factor = 1;
  bool masked = false;      ///< padding tokens have no weight as keys
  bool mask_right = false;  ///< masked: the keys are the right operand
  bool normalized = false;  ///< behind the softmax
  bool keys_right = true;   ///< normalized: over the right operand's tokens
  std::string name;         ///< of the product
  std::string label;
};

/// The integers that QuantizeLinear makes, before DequantizeLinear: clamp(round(x / scale) + zero point).
struct OnnxCodes {
  std::size_t source = 0;     ///< the tensor x of the network
  std::vector<double> scale;  ///< one per feature
  std::vector<double> zero_point;
  double low = 0;
  double high = 0;
};

/// A value. `layout` describes the axes of all kinds but constants.
struct OnnxValue {
  enum class Kind {
    constant,
    activation,  ///< elements of a tensor of the network
    mask,        ///< one of two numbers per token, as the mask input is set or clear
    count,       ///< a sum of such numbers over the tokens
    scores,
    codes,
  };
  Kind kind = Kind::constant;
  OnnxTensorPtr constant;
  OnnxLayout layout;
  std::size_t node = 0;             ///< activation, codes: the tensor,
  std::int64_t token_offset = 0;    ///< the token and
  std::int64_t feature_offset = 0;  ///< the feature of the first element
  double if_set = 1;                ///< mask, count
  double if_clear = 0;
  std::shared_ptr<const OnnxScores> scores;
  OnnxCodes codes;

  bool is(Kind what) const { return kind == what; }
  OnnxShape shape() const { return is(Kind::constant) ? constant->shape : layout_shape(layout); }
};

/// What the readers of single nodes work with.
struct OnnxContext {
  const OnnxGraph& graph;
  OnnxNetwork network;
  OnnxBudget budget;
  bool padded_if_set = false;   ///< the mask input is set for padding tokens (else for real ones)
  bool polarity_known = false;  ///< a mask has been used

  explicit OnnxContext(const OnnxGraph& of) : graph(of), budget(of.file) {}

  /// An error about `node`.
  [[noreturn]] void fail(const OnnxNode& node, const std::string& what) const { fail_onnx(graph.file, node, what); }

  /// Name and label for operations made of `node`.
  NetNode origin(const OnnxNode& node) const;

  /// The value of a tensor of the network in full, with axes [tokens, features] in the order and the shape of `like`'s
  /// token and feature atoms.
  OnnxValue over(const OnnxValue& like, std::size_t tensor) const;

  /// The same elements with all features of a tensor of the network in the order in which they stand in the layout, so
  /// that features count 0, 1, .. over the layout. Throws for parts of tokens that have no such tensor.
  OnnxValue materialized(const OnnxNode& node, const OnnxValue& value);

  /// A value all of whose tensor's features occur in it, for functions of single elements: itself where that holds.
  OnnxValue with_all_features(const OnnxNode& node, const OnnxValue& value);

  /// Takes note that padding tokens are those for which the mask is (`if_set`) set; throws where that contradicts.
  void use_mask(const OnnxNode& node, bool if_set);
};

/// The inputs of a node; null: absent.
using OnnxInputs = std::vector<const OnnxValue*>;

/// A value for a constant.
OnnxValue constant_value(OnnxTensor tensor);

/// Input i, which must be there.
const OnnxValue& required(const OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs, std::size_t i);

/// Input i as a constant, or null where it is absent; throws where it is computed.
OnnxTensorPtr optional_constant(const OnnxContext& context, const OnnxNode& node, const OnnxInputs& inputs,
                                std::size_t i);

/// The numbers of a constant that a tensor meets in an elementwise operation, one per feature of the tensor of `value`
/// (`otherwise` for features that do not occur). Nothing where it differs between tokens or does not broadcast.
std::optional<std::vector<double>> per_feature(const OnnxContext& context, const OnnxValue& value,
                                               const OnnxTensor& constant, double otherwise);

/// The same, one per [token, feature]; nothing where a constant differs between events or does not broadcast.
std::optional<std::vector<double>> per_element(const OnnxContext& context, const OnnxValue& value,
                                               const OnnxTensor& constant, double otherwise);

}  // namespace rtlgen
