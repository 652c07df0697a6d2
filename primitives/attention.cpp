#include "primitives/attention.hpp"

#include <algorithm>
#include <utility>

#include "ir/numerics/attention_kernel.hpp"
#include "primitives/block_costs.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {
namespace {

/// Sizes that follow from attributes and operand types.
struct Sizes {
  int tokens;
  int key_dim;
  int value_dim;
  bool masked;
  int score_frac;    // of the exact q.k
  int sum_width;     // of sum_j e_ij, unsigned
  int product_frac;  // of sum_j e_ij v_j * reciprocal(sum_j e_ij)
};

Sizes sizes_of(const Attention& attention, const NodeView& view) {
  const int tokens = view.operand(1).tokens;
  const int sum_width = attention.tables.exp_width + clog2(tokens);
  return {tokens,
          view.operand(1).features / attention.kv_heads,
          view.operand(2).features / attention.kv_heads,
          view.operands.size() == 4,
          view.operand(0).frac + view.operand(1).frac,
          sum_width,
          view.operand(2).frac + attention.tables.recip_frac(sum_width)};
}

/// What sum_j e_ij v_j can be for one value feature.
Interval weighted_sum(const Attention& attention, const NodeView& view) {
  const std::int64_t largest = ((std::int64_t{1} << attention.tables.exp_width) - 1) * view.operand(1).tokens;
  return largest * hull(view.operand(2).range(), Interval{0, 0});
}

/// Bits of a weighted sum times the reciprocal of its weights.
int normalised_width(const Attention& attention, const NodeView& view) {
  return signed_width(weighted_sum(attention, view)) + attention.tables.recip_width + attention.tables.recip_lz_max;
}

void require_operand_shapes(const Attention& attention, const NodeView& view) {
  require(view, view.operands.size() == 3 || view.operands.size() == 4, "needs operands q, k, v and at most a mask");
  const std::int64_t heads = attention.heads;
  const std::int64_t kv_heads = attention.kv_heads;
  require(view, heads >= 1 && (kv_heads == heads || kv_heads == 1), "kv_heads must be heads or 1");
  const TensorType& q = view.operand(0);
  const TensorType& k = view.operand(1);
  const TensorType& v = view.operand(2);
  require(view, q.tokens == k.tokens && k.tokens == v.tokens, "q, k and v must have the same tokens");
  require(view, k.features % kv_heads == 0 && v.features % kv_heads == 0, "features must divide into heads");
  require(view, q.features * kv_heads == heads * k.features, "q and k must have the same features per head");
  if (view.operands.size() == 4) {
    require_mask(view, 3);
  }
}

/// Throws unless score format, bias and tables go together.
void require_exponentials(const Attention& attention, const NodeView& view, const Sizes& sizes) {
  const Format& score = attention.score.format;
  const int exp_frac = attention.tables.exp_frac();
  require(view, score.is_signed && score.frac() == exp_frac && score.width <= kMaxScoreWidth,
          "the score format must be signed, at most 32 bits, with as many fraction bits as the exp table addresses");
  require(view, attention.row_max ? attention.exp_bias == 0 : attention.exp_bias >= score.max() >> exp_frac,
          "exp_bias must be 0 with row_max, else at least the largest whole part of a score");
  require(view, attention.tables.recip_lz_max < sizes.sum_width, "recip_lz_max is larger than the sum of exponentials");
}

/// Type of the scores before they are rounded.
TensorType exact_score(const NodeView& view, const Sizes& sizes) {
  const Interval q = view.operand(0).range();
  const Interval k = view.operand(1).range();
  const Interval product = q.lo * k + Interval{0, 0};
  const Interval dot = std::int64_t{sizes.key_dim} * hull(product, q.hi * k);
  return exact_type(view.operand(0).tokens, sizes.score_frac, {dot});
}

AttentionKernel kernel_of(const Attention& attention, const Sizes& sizes) {
  const SoftmaxTables& tables = attention.tables;
  return {attention.score,
          attention.row_max,
          tables.exp_table.values.data(),
          tables.exp_frac(),
          tables.exp_width,
          attention.exp_bias,
          tables.recip_table.values.data(),
          tables.recip_index(),
          tables.recip_lz_max,
          sizes.sum_width,
          sizes.product_frac,
          attention.output};
}

/// The weights of every exponent that can occur and does not vanish, so that the golden model's loops only look up.
struct Weights {
  double lowest;               // exponent of the first; what is below counts as it
  std::vector<double> values;  // one for each exponent
};

Weights weights_of(const AttentionKernel& kernel) {
  const std::int64_t vanishing =
      (std::int64_t{kernel.exp_bias} - kernel.exp_width) * (std::int64_t{1} << kernel.exp_frac);
  // There is one entry at least, also where all exponentials vanish.
  const std::int64_t lowest = std::min(std::max(kernel.score.format.min(), vanishing), kernel.highest());
  Weights result{static_cast<double>(lowest), {}};
  for (std::int64_t x = lowest; x <= kernel.highest(); ++x) {
    result.values.push_back(static_cast<double>(kernel.weight(x)));
  }
  return result;
}

/// Mantissas on the way, of real queries and keys.
struct Trace {
  std::vector<double> scores;  // exact
  std::vector<double> exp_sums;
  std::vector<double> weighted_sums;
};

bool is_real(const std::vector<const Mantissas*>& operands, Eigen::Index row) {
  return operands.size() < 4 || (*operands[3])(row, 0) != 0;
}

/// The scores [query, key] of the event whose first token is row `top`.
void keep_scores(const std::vector<const Mantissas*>& operands, Eigen::Index top, const Mantissas& scores,
                 Trace& trace) {
  for (Eigen::Index i = 0; i < scores.rows(); ++i) {
    for (Eigen::Index j = 0; is_real(operands, top + i) && j < scores.cols(); ++j) {
      if (is_real(operands, top + j)) {
        trace.scores.push_back(scores(i, j));
      }
    }
  }
}

/// Rounded scores [query, key] of that event into weights, in place.
void weigh(const Attention& attention, const Weights& weights, const std::vector<const Mantissas*>& operands,
           Eigen::Index top, Mantissas& scores) {
  for (Eigen::Index i = 0; i < scores.rows(); ++i) {
    double largest = 0;
    if (attention.row_max) {
      largest = static_cast<double>(attention.score.format.min());
      for (Eigen::Index j = 0; j < scores.cols(); ++j) {
        largest = is_real(operands, top + j) ? std::max(largest, scores(i, j)) : largest;
      }
    }
    for (Eigen::Index j = 0; j < scores.cols(); ++j) {
      const double x = std::max(scores(i, j) - largest, weights.lowest);
      scores(i, j) = is_real(operands, top + j) ? weights.values[static_cast<std::size_t>(x - weights.lowest)] : 0.0;
    }
  }
}

/// `trace`: takes what is on the way, where somebody wants it.
Mantissas compute(const Attention& attention, const NodeView& view, const std::vector<const Mantissas*>& operands,
                  Trace* trace) {
  const Sizes sizes = sizes_of(attention, view);
  const AttentionKernel kernel = kernel_of(attention, sizes);
  const Weights weights = weights_of(kernel);
  const Eigen::Index tokens = sizes.tokens;
  Mantissas y(operands[0]->rows(), view.node.type.features);
  Mantissas scores(tokens, tokens);
  Mantissas sums(tokens, sizes.value_dim);
  for (Eigen::Index top = 0; top < y.rows(); top += tokens) {
    for (int head = 0; head < attention.heads; ++head) {
      const int kv_head = attention.kv_heads == 1 ? 0 : head;
      const auto q = operands[0]->block(top, head * sizes.key_dim, tokens, sizes.key_dim);
      const auto k = operands[1]->block(top, kv_head * sizes.key_dim, tokens, sizes.key_dim);
      const auto v = operands[2]->block(top, kv_head * sizes.value_dim, tokens, sizes.value_dim);
      scores.noalias() = q * k.transpose();
      if (trace != nullptr) {
        keep_scores(operands, top, scores, *trace);
      }
      requantize(scores, sizes.score_frac, attention.score);
      weigh(attention, weights, operands, top, scores);
      sums.noalias() = scores * v;
      for (Eigen::Index i = 0; i < tokens; ++i) {
        const double exp_sum = scores.row(i).sum();
        const std::int64_t inverse = kernel.inverse(static_cast<std::int64_t>(exp_sum));
        if (trace != nullptr && is_real(operands, top + i)) {
          trace->exp_sums.push_back(exp_sum);
          trace->weighted_sums.insert(trace->weighted_sums.end(), sums.row(i).begin(), sums.row(i).end());
        }
        for (int d = 0; d < sizes.value_dim; ++d) {
          y(top + i, head * sizes.value_dim + d) =
              static_cast<double>(kernel.result(static_cast<std::int64_t>(sums(i, d)), inverse));
        }
      }
    }
  }
  return y;
}

}  // namespace

void Attention::visit(AttributeVisitor& visitor) {
  visitor("heads", heads);
  visitor("kv_heads", kv_heads);
  visitor("row_max", row_max);
  visitor("score", score);
  visitor("exp_bias", exp_bias);
  tables.visit(visitor);
  visitor("output", output);
}

TensorType Attention::infer(const NodeView& view) const {
  require_operand_shapes(*this, view);
  require_softmax_tables(view, tables);
  const Sizes sizes = sizes_of(*this, view);
  require_exponentials(*this, view, sizes);
  const TensorType dot = exact_score(view, sizes);
  require_exact(view, dot);
  require_quantizer(view, dot, score);
  const int tokens = view.operand(0).tokens;
  const TensorType sum = exact_type(tokens, view.operand(2).frac, {weighted_sum(*this, view)});
  require_exact(view, sum);
  require(view, normalised_width(*this, view) <= kMaxNormalisedWidth, "the normalised product is too wide");
  require_quantizer(view, exact_type(tokens, sizes.product_frac, {sum.range()}), output);
  return quantized_type(tokens, heads * sizes.value_dim, output);
}

Mantissas Attention::evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const {
  return compute(*this, view, operands, nullptr);
}

std::vector<InternalTensor> Attention::internals(const NodeView& view,
                                                 const std::vector<const Mantissas*>& operands) const {
  Trace trace;
  compute(*this, view, operands, &trace);
  const Sizes sizes = sizes_of(*this, view);
  const int weight_frac = tables.exp_width - 1;
  const Format sum{false, sizes.sum_width, sizes.sum_width - weight_frac};
  const TensorType weighted = exact_type(1, view.operand(2).frac + weight_frac, {weighted_sum(*this, view)});
  return {{"score", score.format, std::move(trace.scores), sizes.score_frac},
          {"exp_sum", sum, std::move(trace.exp_sums), sum.frac()},
          {"weighted_sum", Format{true, weighted.width, weighted.width - weighted.frac}, std::move(trace.weighted_sums),
           weighted.frac}};
}

namespace {

/// Clocks from a query to its rounded scores.
int score_delay(const Sizes& sizes, const DeviceModel& device) {
  return device.mul_stages + adder_tree_latency(sizes.key_dim, device.levels) + 1;
}

/// Clocks from a query to what its exponentials are of.
int exponential_delay(const Attention& attention, const Sizes& sizes, const DeviceModel& device) {
  return score_delay(sizes, device) + (attention.row_max ? max_tree_latency(sizes.tokens, device.levels) + 1 : 0);
}

/// Keys, values and mask of an event. Values and mask wait in front of their banks.
Cost bank_cost(const Attention& attention, const NodeView& view, const Sizes& sizes, const Hardware& hardware) {
  const TensorType& k = view.operand(1);
  const TensorType& v = view.operand(2);
  const int exponents = exponential_delay(attention, sizes, hardware.device);
  Cost cost = token_bank_cost(sizes.tokens, hardware.lanes, k.features * k.width);
  cost += token_bank_cost(sizes.tokens, hardware.lanes, v.features * v.width);
  cost += delay_line_cost(2 + hardware.beat_bits(v), exponents + hardware.device.table_stages);
  if (sizes.masked) {
    cost += delay_line_cost(2 + hardware.lanes, score_delay(sizes, hardware.device));
    cost += token_bank_cost(sizes.tokens, hardware.lanes, 1);
    cost += delay_line_cost(sizes.tokens, exponents - score_delay(sizes, hardware.device));
  }
  return cost;
}

/// Of a lane and head, what there is for each key: its score and exponential.
Cost key_cost(const Attention& attention, const NodeView& view, const Sizes& sizes, const DeviceModel& device) {
  const TensorType& q = view.operand(0);
  const TensorType& k = view.operand(1);
  const Quantizer& score = attention.score;
  const int unread = unread_bits(sizes.score_frac, score);
  Cost key = operand_cost(sizes.key_dim * k.width, device.mul_stages);
  key += dot_product_cost(sizes.key_dim, q.width, k.width, device, unread);
  key += requantize_cost(q.width + k.width + clog2(sizes.key_dim), sizes.score_frac, score);
  key.ff += score.format.width;
  if (attention.row_max) {
    // A delay, the difference, and a choice a bit where that would overflow.
    key += delay_line_cost(score.format.width, max_tree_latency(sizes.tokens, device.levels));
    key += Cost{2.0 * score.format.width + 1, static_cast<double>(score.format.width), 0, 0};
  }
  return key + exp2_cost(attention.tables, score.format.width, device.table_stages);
}

/// Of a lane and head, what there is for each element of a value: its weighted sum, normalised.
Cost value_cost(const Attention& attention, const NodeView& view, const Sizes& sizes, const DeviceModel& device) {
  const TensorType& v = view.operand(2);
  const SoftmaxTables& tables = attention.tables;
  const int sum_width = tables.exp_width + v.width + clog2(sizes.tokens);
  const int recip_width = tables.recip_width + tables.recip_lz_max + 1;
  Cost value = operand_cost(sizes.tokens * v.width + sum_width, device.mul_stages);
  value += dot_product_cost(sizes.tokens, tables.exp_width + 1, v.width, device);
  value += delay_line_cost(sum_width, std::max(0, device.table_stages - device.mul_stages));
  value +=
      multiplier_cost(sum_width, recip_width, device.mul_stages, unread_bits(sizes.product_frac, attention.output));
  value += requantize_cost(sum_width + recip_width, sizes.product_frac, attention.output);
  value.ff += attention.output.format.width;
  return value;
}

}  // namespace

Timing Attention::timing(const NodeView& view, const Hardware& hardware) const {
  const Sizes sizes = sizes_of(*this, view);
  const DeviceModel& device = hardware.device;
  const int tree = adder_tree_latency(sizes.tokens, device.levels);
  const int normalise = std::max(device.mul_stages + tree, tree + device.table_stages);
  return Timing::behind(
      exponential_delay(*this, sizes, device) + device.table_stages + normalise + device.mul_stages + 1,
      view.operands.size());
}

Cost Attention::cost(const NodeView& view, const Hardware& hardware) const {
  const Sizes sizes = sizes_of(*this, view);
  const DeviceModel& device = hardware.device;
  const TensorType& q = view.operand(0);
  Cost row = static_cast<double>(sizes.tokens) * key_cost(*this, view, sizes, device);
  row += static_cast<double>(sizes.value_dim) * value_cost(*this, view, sizes, device);
  row += row_max ? max_tree_cost(sizes.tokens, score.format.width, device.levels) : Cost{};
  row += adder_tree_cost(sizes.tokens, tables.exp_width, device.levels);
  row += reciprocal_cost(tables, sizes.sum_width, device.table_stages);
  // Operands that several multipliers share: the query, the exponentials and the reciprocal.
  row += operand_cost(sizes.key_dim * q.width + sizes.tokens * tables.exp_width, device.mul_stages);
  row += operand_cost(tables.recip_width + tables.recip_lz_max, device.mul_stages);
  return static_cast<double>(hardware.lanes_of(q) * heads) * row + bank_cost(*this, view, sizes, hardware);
}

void Attention::emit(const NodeView& view, const Hardware& hardware, Emission& emission) const {
  const Sizes sizes = sizes_of(*this, view);
  const int lanes = hardware.lanes_of(view.operand(0));
  Cell& cell = emission.cell("attention", "unit");
  cell.with("TOKENS", sizes.tokens).with("LANES", lanes).with("HEADS", heads);
  cell.with("KV_HEADS", kv_heads).with("KEY_DIM", sizes.key_dim).with("VALUE_DIM", sizes.value_dim);
  cell.with("Q_W", view.operand(0).width).with("K_W", view.operand(1).width).with("V_W", view.operand(2).width);
  cell.with("MASKED", sizes.masked ? 1 : 0).with("ROW_MAX", row_max ? 1 : 0);
  cell.with("SCORE_SHIFT", sizes.score_frac - score.format.frac()).with("SCORE_W", score.format.width);
  cell.with("SCORE_ROUNDING", static_cast<int>(score.rounding));
  cell.with("SCORE_OVERFLOW", static_cast<int>(score.overflow));
  cell.with("EXP_BIAS", exp_bias);
  with_softmax_tables(cell, tables, hardware.device);
  cell.with_quantizer(sizes.product_frac, output);
  cell.with("MUL_STAGES", hardware.device.mul_stages).with("LEVELS", hardware.device.levels);
  cell.port("clk").port("kv_valid", emission.control(1).valid).port("kv_last", emission.control(1).last);
  cell.port("k", emission.input(1)).port("v", emission.input(2));
  cell.port("mask", sizes.masked ? emission.input(3) : Expression::zeros(lanes));
  cell.port("q", emission.input(0)).port("y", emission.output());
}

}  // namespace rtlgen
