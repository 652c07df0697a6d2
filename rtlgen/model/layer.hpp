// Elementary layers of the float model. Tensors are [tokens, features] per event; reduced ones have one token.
#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ir/pool_mode.hpp"
#include "ir/row_matrix.hpp"
#include "ir/source_error.hpp"
#include "rtlgen/model/lookup_table.hpp"
#include "rtlgen/model/precision.hpp"
#include "rtlgen/model/uniform_quantizer.hpp"

namespace rtlgen {

/// The event; no inputs.
struct InputLayer {};

/// 1 feature per token: 1 real, 0 padding; no inputs (it comes from the event).
struct MaskLayer {};

/// y = x W^T + b, then optionally relu: per token, or of the tokens' features flattened in the order [token, feature].
struct DenseLayer {
  RowMatrix weight;             ///< [out, in], or [out, tokens * in]
  Eigen::VectorXd bias;         ///< [out]
  Eigen::VectorXd weight_step;  ///< a row's unit, of which all its weights are whole multiples, taken as they are;
                                ///< empty: weights are rounded to a format
  bool flatten = false;
  bool relu = false;
  bool open = false;  ///< an addition follows, and its sums go into it without being rounded
};

/// y_f = factor_f x_f + bias_f + token_bias_tf for token t.
struct AffineLayer {
  Eigen::VectorXd factor;  ///< [features]
  Eigen::VectorXd bias;    ///< [features]
  RowMatrix token_bias;    ///< [tokens, features], empty where all tokens have the same constants
};

/// Sum of two inputs of equal shape, then optionally relu.
struct AddLayer {
  bool relu = false;
};

/// Layer norm or RMS norm over features, without its affine part.
struct NormalizeLayer {
  double epsilon = 0;
  bool center = true;  ///< false for RMS norm
};

/// Inputs q, k, v[, mask]; per head: 2^(q.k) / sum 2^(q.k) weighted sum of v (the scale is folded into q).
struct AttentionLayer {
  int heads = 1;                ///< of q
  int kv_heads = 1;             ///< of k and v: `heads`, or 1 where they are shared by all heads
  std::optional<bool> row_max;  ///< subtract the row maximum (absent: decided at calibration)
};

/// Elementwise: one of activation_function().
struct ActivationLayer {
  std::string function;
  double slope = 0;  ///< leaky_relu: factor of negative numbers
};

/// Elementwise: limits to [low, high].
struct ClipLayer {
  double low = 0;
  double high = 0;
};

/// Elementwise: the values that `quantizer` rounds to.
struct QuantizeLayer {
  UniformQuantizer quantizer;  ///< [features], or [tokens * features] in the order [token, feature]
};

/// Features of all inputs side by side.
struct ConcatLayer {};

/// Over tokens; inputs x[, mask]. Without any real token the result is 0.
struct PoolLayer {
  PoolMode mode = PoolMode::sum;
};

/// One of the two products of attention, head by head. Scores, of a and b: dot products of a token of a with every
/// token of b, [heads, tokens]. Mix, of a [heads, tokens] and b: sum of the tokens of b, weighted by a.
struct BankProductLayer {
  bool mix = false;  ///< else scores
  int heads = 1;     ///< of a
  int kv_heads = 1;  ///< of b: `heads`, or 1 where b is shared by all heads
};

/// Inputs x[, mask]; over features of a group, base 2 (log2(e) is folded into the producer): 2^x_f / sum 2^x.
struct SoftmaxLayer {
  int groups = 1;
};

/// Inputs x[, mask]; over features of a group: e_f = exp_table(max x - x_f), then e_f * inv_table(sum e).
struct TableSoftmaxLayer {
  LookupTable exp_table;  ///< exponential of how far a feature is below the largest
  LookupTable inv_table;  ///< inverse of the exponentials' sum
  int groups = 1;
};

/// Index of the first largest feature.
struct ArgmaxLayer {};

/// One elementary layer. `name` is unique; the tensor it makes goes by the same name.
struct Layer {
  using What = std::variant<InputLayer, MaskLayer, DenseLayer, AffineLayer, AddLayer, NormalizeLayer, AttentionLayer,
                            ActivationLayer, ClipLayer, QuantizeLayer, ConcatLayer, PoolLayer, BankProductLayer,
                            SoftmaxLayer, TableSoftmaxLayer, ArgmaxLayer>;

  std::string name;
  std::vector<std::size_t> inputs;  ///< indices of earlier layers
  int tokens = 1;                   ///< of the output
  int features = 1;                 ///< of the output
  Precision precision;
  SourceLocation where;  ///< the YAML layer it comes from
  What what;

  /// What the layer is, or null where it is something else.
  template <typename T>
  const T* as() const {
    return std::get_if<T>(&what);
  }
  template <typename T>
  T* as() {
    return std::get_if<T>(&what);
  }
  /// Whether it is one of these.
  template <typename... T>
  bool is() const {
    return (std::holds_alternative<T>(what) || ...);
  }
};

}  // namespace rtlgen
