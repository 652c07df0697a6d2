// The float model: what the YAML description says, as a list of elementary layers with real weights.
#pragma once

#include <Eigen/Dense>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rtlgen/model/lookup_table.hpp"
#include "ir/mask_kind.hpp"
#include "ir/numerics/effort.hpp"
#include "ir/numerics/format.hpp"
#include "ir/row_matrix.hpp"
#include "ir/source_error.hpp"
#include "rtlgen/model/uniform_quantizer.hpp"

namespace rtlgen {

/// Elementary operations of the float model. Shapes: [tokens, features] per event; reduced tensors have one token.
enum class LayerOp {
  input,          ///< the event; no inputs
  mask,           ///< 1 feature per token: 1 real, 0 padding; input: none (it comes from the event)
  dense,          ///< y = x W^T + b per token, then optionally relu; weight [out, in], bias [out]
  flatten_dense,  ///< the tokens' features, row-major [token, feature], flattened, then as dense; weight [out,
                  ///< tokens*features]
  affine,         ///< y_f = weight_f x_f + bias_f + token_bias_tf for token t; weight [1, features], bias [features]
  add,            ///< sum of two inputs of equal shape, then optionally relu
  normalize,      ///< layer norm (center) or RMS norm over features without its affine part; attribute epsilon
  attention,      ///< inputs q, k, v[, mask]; per head: 2^(q.k) / sum 2^(q.k) weighted sum of v (scale folded into q)
  activation,     ///< elementwise function: one of activation_function(), or clip (linear: a rounding)
  quantize,       ///< elementwise: the values that `quantizer` rounds to, which may differ between tokens
  concat,         ///< features of all inputs side by side
  pool,           ///< over tokens: mean, sum, max; inputs x[, mask]; without any real token the result is 0
  scores,         ///< inputs a, b; per head: dot products of a token of a with every token of b, [heads, tokens]
  mix,            ///< inputs a [heads, tokens], b; per head: sum of the tokens of b, weighted by a
  softmax,        ///< x[, mask]; over features of a group, base 2 (log2(e) folded into the producer): 2^x_f / sum 2^x
  table_softmax,  ///< x[, mask]; over features of a group: e_f = exp_table(max x - x_f), then e_f * inv_table(sum e)
  argmax,         ///< index of the first largest feature
};

/// What may be said of a layer's number formats; what is absent comes from the model's default.
struct Precision {
  std::optional<FormatSpec> weight;
  std::optional<FormatSpec> bias;
  std::optional<FormatSpec> activation;   ///< the layer's output
  std::optional<FormatSpec> accumulator;  ///< dense: quantizes the sum before the activation (default: exact)
  std::optional<FormatSpec> score;        ///< attention: scores in units of log2 (default: auto<activation bits + 2>)
  std::optional<int> exp_bits;            ///< attention, softmax: bits of 2^x (default: activation bits + 2)
  std::optional<int>
      exp_index_bits;  ///< attention, softmax: fraction bits that index the exp table (default: from exp bits)
  std::optional<int> table_bits;  ///< bits of a table's index: activation functions, reciprocals, rsqrt
};

/// One elementary layer. `name` is unique; the tensor it makes goes by the same name.
struct Layer {
  std::string name;
  LayerOp op = LayerOp::input;
  std::vector<std::size_t> inputs;  ///< indices of earlier layers
  int tokens = 1;                   ///< of the output
  int features = 1;                 ///< of the output
  RowMatrix weight;                 ///< see LayerOp
  Eigen::VectorXd bias;
  Eigen::VectorXd weight_step;  ///< a row's unit, of which all its weights are whole multiples, taken as they are;
                                ///< empty: weights are rounded to a format
  RowMatrix token_bias;         ///< affine: [tokens, features], empty where all tokens have the same constants
  UniformQuantizer quantizer;   ///< quantize; [features], or [tokens * features] in the order [token, feature]
  double low = 0;               ///< activation clip: smallest and
  double high = 0;              ///< largest value
  double slope = 0;             ///< activation leaky_relu: factor of negative numbers
  LookupTable exp_table;        ///< table_softmax: exponential of how far a feature is below the largest
  LookupTable inv_table;        ///< table_softmax: inverse of the exponentials' sum
  bool relu = false;            ///< dense, flatten_dense, add: relu after the sum
  std::string function;         ///< activation: its name; pool: mean, sum or max
  double epsilon = 0;           ///< normalize
  bool center = true;           ///< normalize: false for RMS norm
  int heads = 1;                ///< attention, scores, mix: heads of the first input
  int kv_heads = 1;             ///< the same: `heads`, or 1 where the other inputs are shared by all heads
  int groups = 1;               ///< softmax, table_softmax: groups of features
  std::optional<bool> row_max;  ///< attention: subtract the row maximum (absent: decided at calibration)
  Precision precision;
  SourceLocation where;  ///< the YAML layer it comes from
};

/// Names of the arrays in an event file.
struct EventArrays {
  std::string features = "x";
  std::string mask;  ///< default: "count" or "valid", as the mask kind
  std::string labels = "y";
};

/// A model: layers in topological order (the first is the input, the last the output), and what the hardware is to be.
struct Model {
  std::string name;
  int tokens = 1;
  int features = 1;
  MaskKind mask = MaskKind::none;
  FormatSpec input_format;
  EventArrays arrays;
  Precision default_precision;
  std::vector<Layer> layers;
  std::vector<std::string> classes;  ///< optional names of the outputs
  double clock_mhz = 200;
  std::string device = "xcvu13p";
  int tokens_per_beat = 1;
  Effort effort = Effort::fast;
  bool ternary_adders = false;   ///< adders of three operands in constant matrices
  std::string calibration_file;  ///< resolved path, may be empty
  std::string test_file;         ///< resolved path of events used by build's co-simulation, may be empty
  SourceLocation where;
};

}  // namespace rtlgen
