#include "primitives/attention.hpp"

#include <algorithm>
#include <utility>

#include "ir/numerics/attention_kernel.hpp"
#include "primitives/block_costs.hpp"
#include "primitives/block_steps.hpp"
#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/products.hpp"
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

/// Widths on the way of a query.
struct Widths {
  int dot;       // of q.k
  int weighted;  // of sum_j e_ij v_j
  int recip;     // of the reciprocal, unsigned
};

Widths widths_of(const Attention& attention, const NodeView& view, const Sizes& sizes) {
  const SoftmaxTables& tables = attention.tables;
  return {view.operand(0).width + view.operand(1).width + clog2(sizes.key_dim),
          tables.exp_width + view.operand(2).width + clog2(sizes.tokens), tables.recip_width + tables.recip_lz_max};
}

/// A query's product with a key, and of a head's weights with a feature of all values.
Products scores_of(const NodeView& view, const Sizes& sizes, const DeviceModel& device) {
  return products_of(device, sizes.key_dim, view.operand(0).width, view.operand(1).width);
}

Products values_of(const Attention& attention, const NodeView& view, const Sizes& sizes, const DeviceModel& device) {
  return products_of(device, sizes.tokens, attention.tables.exp_width + 1, view.operand(2).width);
}

/// The registers of all queries and heads that are worked on at a time.
struct Registers {
  /// Sections of `weights`.
  enum : std::size_t { kDot, kScore, kMaximum, kExponential };

  long rows;          ///< a query and head each
  int maximum_steps;  ///< of the maximum and the difference to it; 0 without them
  Pipeline weights;   ///< up to the exponentials, where it branches into
  Pipeline sum;       ///< the reciprocal of their sum
  Pipeline values;    ///< and the weighted sums of the values
  Pipeline result;    ///< from where both meet

  /// Clocks from a query to its use of the mask, for the maximum and for the exponentials, and of the values.
  int maximum_delay() const { return weights.latency(kMaximum, maximum_steps > 0 ? 1 : 0); }
  int exponential_delay() const { return weights.latency(kExponential); }
  int value_delay() const { return weights.latency() + values.latency(0, 1); }
  /// Clocks that the scores wait for their maximum, in a delay line.
  int scores_wait() const {
    return maximum_steps > 0
               ? weights.latency(kMaximum, static_cast<std::size_t>(maximum_steps)) - weights.latency(kMaximum, 2)
               : 0;
  }
  /// Clocks that one branch waits for the other.
  int reciprocal_wait() const { return std::max(0, values.end().clock - sum.end().clock); }
  int values_wait() const { return std::max(0, sum.end().clock - values.end().clock); }
};

/// Sections up to the exponentials of `rows` queries and heads.
std::vector<Section> weight_sections(const Attention& attention, const NodeView& view, const Sizes& sizes,
                                     const DeviceModel& device, long rows, long operand_bits) {
  const Quantizer& score = attention.score;
  const int width = score.format.width;
  const int dot = widths_of(attention, view, sizes).dot;
  const long scores = rows * sizes.tokens;
  const std::vector<Step> one = scores_of(view, sizes, device).steps;
  std::vector<Step> maximum;
  if (attention.row_max) {
    maximum = side_by_side(rows, max_difference_steps(device, sizes.tokens, width, sizes.masked));
    maximum.push_back({device.luts(1), scores * (width + 1)});
  }
  std::vector<Step> exponentials = exp2_steps(device, attention.tables, width, scores);
  exponentials.front().bits += sizes.masked ? sizes.tokens : 0;
  return {{"DOT_REGISTERS", of_operands(operand_bits, side_by_side(scores, one))},
          {"SCORE_REGISTERS", requantize_steps(device, dot, sizes.score_frac, score, false, scores)},
          {"MAX_REGISTERS", std::move(maximum)},
          {"EXP_REGISTERS", std::move(exponentials)}};
}

Registers registers_of(const Attention& attention, const NodeView& view, const Sizes& sizes, const Hardware& hardware) {
  const DeviceModel& device = hardware.device;
  const TensorType& k = view.operand(1);
  const Widths widths = widths_of(attention, view, sizes);
  const int exp_width = attention.tables.exp_width;
  const long rows = long{hardware.lanes_of(view.operand(0))} * attention.heads;
  const long weight_bits = rows * sizes.tokens * exp_width;
  const long operand_bits = hardware.beat_bits(view.operand(0)) + long{sizes.tokens} * k.features * k.width;
  Pipeline weights(device, {0, hardware.start}, weight_sections(attention, view, sizes, device, rows, operand_bits));
  Pipeline sum(
      device, weights.end(),
      {{"SUM_REGISTERS", side_by_side(rows, in_a_row(adder_tree_steps(device, sizes.tokens, exp_width),
                                                     reciprocal_steps(device, attention.tables, sizes.sum_width)))}});
  const std::vector<Step> value = values_of(attention, view, sizes, device).steps;
  Pipeline values(device, weights.end(),
                  {{"VALUE_REGISTERS", of_operands(weight_bits, side_by_side(rows * sizes.value_dim, value))}});
  Pipeline result(device, later(sum.end(), values.end()),
                  {{"RESULT_REGISTERS",
                    side_by_side(rows, normalise_steps(device, sizes.value_dim, widths.weighted, widths.recip + 1,
                                                       sizes.product_frac, attention.output))}});
  const int maximum_steps = attention.row_max ? clog2(sizes.tokens) + 2 : 0;
  return {rows, maximum_steps, std::move(weights), std::move(sum), std::move(values), std::move(result)};
}

/// What all registers on the way of a query take.
Cost register_cost(const Attention& attention, const NodeView& view, const Sizes& sizes, const Registers& registers) {
  const Widths widths = widths_of(attention, view, sizes);
  const double rows = static_cast<double>(registers.rows);
  Cost cost = registers.weights.cost() + registers.sum.cost() + registers.values.cost() + registers.result.cost();
  cost += delay_line_difference(registers.rows * sizes.tokens * attention.score.format.width, registers.scores_wait());
  cost += rows * delay_line_cost(widths.recip, registers.reciprocal_wait());
  cost += rows * sizes.value_dim * delay_line_cost(widths.weighted, registers.values_wait());
  if (registers.sum.latency(0, 1) + registers.values.latency(0, 1) == 2) {
    cost.ff -= rows * sizes.tokens * attention.tables.exp_width;  // the same in front of both branches
  }
  return cost;
}

/// Keys, values and mask of an event. Values and mask wait in front of their banks.
Cost bank_cost(const NodeView& view, const Sizes& sizes, const Hardware& hardware, const Registers& registers) {
  const TensorType& k = view.operand(1);
  const TensorType& v = view.operand(2);
  Cost cost = token_bank_cost(sizes.tokens, hardware.lanes, k.features * k.width);
  cost += token_bank_cost(sizes.tokens, hardware.lanes, v.features * v.width);
  cost += delay_line_cost(2 + hardware.beat_bits(v), registers.value_delay());
  if (sizes.masked) {
    cost += delay_line_cost(2 + hardware.lanes, registers.maximum_delay());
    cost += token_bank_cost(sizes.tokens, hardware.lanes, 1);
    cost += delay_line_cost(sizes.tokens, registers.exponential_delay() - registers.maximum_delay());
  }
  return cost;
}

/// Of a query and head, what there is for each key: its score and exponential.
Cost key_cost(const Attention& attention, const NodeView& view, const Sizes& sizes, const DeviceModel& device) {
  const Quantizer& score = attention.score;
  Cost key = scores_of(view, sizes, device).cost;
  key += requantize_cost(widths_of(attention, view, sizes).dot, sizes.score_frac, score);
  key += exp2_cost(attention.tables, score.format.width);
  key.lut += attention.row_max ? score.format.width : 0;  // a choice a bit where the difference would overflow
  return key;
}

/// Of a query and head, what there is for each element of a value: its weighted sum, normalised.
Cost value_cost(const Attention& attention, const NodeView& view, const Sizes& sizes, const DeviceModel& device) {
  const Widths widths = widths_of(attention, view, sizes);
  Cost value = values_of(attention, view, sizes, device).cost;
  value += products_of(device, 1, widths.weighted, widths.recip + 1).cost;
  value += requantize_cost(widths.weighted + widths.recip + 1, sizes.product_frac, attention.output);
  return value;
}

}  // namespace

Timing Attention::timing(const NodeView& view, const Hardware& hardware) const {
  const Registers registers = registers_of(*this, view, sizes_of(*this, view), hardware);
  Timing timing(registers.result.end().clock);
  timing.end = registers.result.end().ps;
  timing.fits = registers.weights.fits();
  return timing.behind_others(view.operands.size());
}

Cost Attention::cost(const NodeView& view, const Hardware& hardware) const {
  const Sizes sizes = sizes_of(*this, view);
  const Registers registers = registers_of(*this, view, sizes, hardware);
  Cost row = static_cast<double>(sizes.tokens) * key_cost(*this, view, sizes, hardware.device);
  row += static_cast<double>(sizes.value_dim) * value_cost(*this, view, sizes, hardware.device);
  row += row_max ? max_difference_cost(sizes.tokens, score.format.width, sizes.masked) : Cost{};
  row += adder_tree_cost(sizes.tokens, tables.exp_width);
  row += reciprocal_cost(tables, sizes.sum_width);
  return static_cast<double>(registers.rows) * row + register_cost(*this, view, sizes, registers) +
         bank_cost(view, sizes, hardware, registers);
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
  with_softmax_tables(cell, tables);
  cell.with_quantizer(sizes.product_frac, output);
  const Widths widths = widths_of(*this, view, sizes);
  cell.with("DOT_LUT_STEPS", scores_of(view, sizes, hardware.device).lut_steps);
  cell.with("VALUE_LUT_STEPS", values_of(*this, view, sizes, hardware.device).lut_steps);
  cell.with("RESULT_LUT_STEPS", products_of(hardware.device, 1, widths.weighted, widths.recip + 1).lut_steps);
  const Registers registers = registers_of(*this, view, sizes, hardware);
  for (const Pipeline* pipeline : {&registers.weights, &registers.sum, &registers.values, &registers.result}) {
    pipeline->set(cell);
  }
  cell.port("clk").port("kv_valid", emission.control(1).valid).port("kv_last", emission.control(1).last);
  cell.port("k", emission.input(1)).port("v", emission.input(2));
  cell.port("mask", sizes.masked ? emission.input(3) : Expression::zeros(lanes));
  cell.port("q", emission.input(0)).port("y", emission.output());
}

}  // namespace rtlgen
