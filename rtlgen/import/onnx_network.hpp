// The network that an ONNX graph computes, as operations on tensors [tokens, features].
#pragma once

#include <map>

#include "rtlgen/import/imported_model.hpp"
#include "rtlgen/import/onnx_layout.hpp"

namespace rtlgen {

/// Operations. Those from `mean` on have no layer of their own; they are there to be recognised as parts of one.
enum class NetOp {
  event,
  dense,       ///< y_o = factors_o * sum_i matrix[o][i] x_i + offsets_o; flat: i runs over [token, feature]
  affine,      ///< y_f = factors_f x_f + offsets_f
  token_bias,  ///< x plus `offsets`, [token, feature]
  batch_norm,  ///< arrays gamma, beta, mean, variance; epsilon
  function,    ///< a function of docs/yaml.md; leaky_relu with `slope`
  clip,        ///< to low .. high
  add,
  concat,
  select,   ///< features `columns` of the input; flat: of [token, feature]
  softmax,  ///< over each of `groups` runs of features; masked: padding keys weigh nothing
  argmax,
  layer_norm,  ///< normalised over the features, then as affine; epsilon
  rms_norm,    ///< the same without subtracting the mean
  pool,        ///< over tokens: function mean, sum, max
  quantize,    ///< keys and arrays as the layer of that name
  heads,       ///< attention without its output projection
  scores,      ///< of queries and keys, inputs [query, key]: features [group, key token]
  mix,         ///< inputs [weights of features [group, key token], values]: features [group, element]
  mask_keys,   ///< scores (features [group, key token]) of which those of padding tokens get no weight behind a softmax
  mean,        ///< over features; one feature
  centered,    ///< x - mean(x)
  square,
  cube,
  root,
  inverse,    ///< 1 / x
  magnitude,  ///< |x|
  error_function,
  masked,     ///< x, with the number `low` in padding tokens
  gain,       ///< factors_f / sqrt(variance of x over features + epsilon)
  norm_part,  ///< (factors_f x_f + mean_factors_f mean(x)) / sqrt(variance of x over features + epsilon) + offsets_f
};

/// A constant matrix in C order; `integral`: its elements are the mantissas of exact weights, the factors their scales.
struct NetMatrix {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::vector<double> values;
  bool integral = false;
};

/// What attention takes of its three inputs: features, [head, element].
struct NetHeads {
  std::int64_t heads = 1;
  std::vector<std::int64_t> query;
  std::vector<std::int64_t> key;
  std::vector<std::int64_t> value;
  double factor = 1;  ///< of the scores
  bool masked = false;
};

/// One operation. What is not said of an operation at NetOp stays empty.
struct NetNode {
  NetOp op = NetOp::event;
  std::vector<std::size_t> inputs;
  std::int64_t tokens = 1;
  std::int64_t features = 1;
  std::shared_ptr<const NetMatrix> matrix;
  std::vector<double> factors;
  std::vector<double> offsets;
  std::vector<double> mean_factors;  ///< norm_part
  std::vector<std::int64_t> columns;
  bool flat = false;
  bool masked = false;        ///< pool: padding tokens are left out; softmax: as keys
  std::int64_t kv_heads = 1;  ///< scores, mix: of the second input; `groups`, or 1 for all
  std::int64_t groups = 1;    ///< softmax, scores, mix
  std::string function;
  double epsilon = 0;
  double low = 0;
  double high = 0;
  double slope = 0;
  std::shared_ptr<const NetHeads> heads;
  nlohmann::ordered_json keys = nlohmann::ordered_json::object();
  std::map<std::string, ImportedArray> arrays;
  std::string name;   ///< what the file calls it, not yet fit for a layer
  std::string label;  ///< for messages
};

/// A tensor as factors * root + offsets, feature by feature.
struct NetLinear {
  std::size_t root = 0;
  std::vector<double> factors;
  std::vector<double> offsets;
};

/// The operations made so far; inputs come before their users.
class OnnxNetwork {
 public:
  const NetNode& at(std::size_t node) const { return nodes_[node]; }
  NetNode& at(std::size_t node) { return nodes_[node]; }
  std::size_t size() const { return nodes_.size(); }

  std::size_t add(NetNode node) {
    nodes_.push_back(std::move(node));
    return nodes_.size() - 1;
  }

  /// A new operation of `op` on one tensor whose shape it keeps; named as `origin`.
  std::size_t add_unary(NetOp op, std::size_t input, const NetNode& origin);

  /// factors * input + offsets, merged with a map before it; the input itself where nothing changes but for the
  /// rounding of constants to float32.
  std::size_t add_affine(std::size_t input, std::vector<double> factors, std::vector<double> offsets,
                         const NetNode& origin);

  /// Features `columns` of `input`, of all tokens in a row where `flat`; the input itself where they are all in order.
  std::size_t add_select(std::size_t input, const std::vector<std::int64_t>& columns, bool flat, const NetNode& origin);

  /// `node` as a map of what stands before its affine operation.
  NetLinear linear(std::size_t node) const;

 private:
  std::vector<NetNode> nodes_;
  std::map<std::pair<std::size_t, std::vector<std::int64_t>>, std::size_t> selected_;  ///< the selections there are
};

}  // namespace rtlgen
