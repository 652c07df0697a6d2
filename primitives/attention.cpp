#include "primitives/attention.hpp"

#include <algorithm>
#include <utility>

#include "primitives/emission.hpp"
#include "primitives/node_rules.hpp"
#include "primitives/requantize.hpp"
#include "primitives/softmax_tables.hpp"

namespace rtlgen {
namespace {

/// Sizes that follow from attributes and operand types.
struct Sizes {
  int tokens;
  int heads;
  int kv_heads;
  int key_dim;
  int value_dim;
  bool row_max;
  bool masked;
  int score_frac;  // of the exact q.k
  int sum_width;   // of sum_j e_ij, unsigned
};

Sizes sizes_of(const NodeView& view) {
  const auto heads = static_cast<int>(view.node.integer("heads"));
  const auto kv_heads = static_cast<int>(view.node.integer("kv_heads"));
  const int tokens = view.operand(1).tokens;
  return {tokens,
          heads,
          kv_heads,
          view.operand(1).features / kv_heads,
          view.operand(2).features / kv_heads,
          view.node.integer("row_max") != 0,
          view.operands.size() == 4,
          view.operand(0).frac + view.operand(1).frac,
          static_cast<int>(view.node.integer("exp_width")) + clog2(tokens)};
}

/// Type of sum_j e_ij v_j for one value feature.
Interval weighted_sum(const NodeView& view, const Sizes& sizes) {
  const std::int64_t largest = ((std::int64_t{1} << view.node.integer("exp_width")) - 1) * sizes.tokens;
  return largest * hull(view.operand(2).range(), Interval{0, 0});
}

int product_frac(const NodeView& view, const Sizes& sizes) {
  return view.operand(2).frac + SoftmaxTables(view.node).recip_frac(sizes.sum_width);
}

class Attention final : public Primitive {
 public:
  std::string_view op() const override { return "attention"; }

  TensorType infer(const NodeView& view) const override {
    require(view, view.operands.size() == 3 || view.operands.size() == 4, "needs operands q, k, v and at most a mask");
    const std::int64_t heads = view.node.integer("heads");
    const std::int64_t kv_heads = view.node.integer("kv_heads");
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
    require_softmax_tables(view);
    const Sizes sizes = sizes_of(view);
    const SoftmaxTables tables(view.node);
    const Quantizer& score = view.node.quantizer("score");
    require(view,
            score.format.is_signed && score.format.frac() == tables.exp_frac && score.format.width <= kMaxScoreWidth,
            "the score format must be signed, at most 32 bits, with as many fraction bits as the exp table addresses");
    const std::int64_t bias = view.node.integer("exp_bias");
    require(view, sizes.row_max ? bias == 0 : bias >= score.format.max() >> tables.exp_frac,
            "exp_bias must be 0 with row_max, else at least the largest whole part of a score");
    require(view, tables.recip_lz_max < sizes.sum_width, "recip_lz_max is larger than the sum of exponentials");
    const Interval product = q.range().lo * k.range() + Interval{0, 0};
    const Interval dot = std::int64_t{sizes.key_dim} * hull(product, q.range().hi * k.range());
    const TensorType exact_score = exact_type(q.tokens, sizes.score_frac, {dot});
    require_exact(view, exact_score);
    require_quantizer(view, exact_score, score);
    const TensorType sum = exact_type(q.tokens, v.frac, {weighted_sum(view, sizes)});
    require_exact(view, sum);
    require(view, sum.width + tables.recip_width + tables.recip_lz_max <= kMaxNormalisedWidth,
            "the normalised product is too wide");
    const Quantizer& output = view.node.quantizer("output");
    require_quantizer(view, exact_type(q.tokens, product_frac(view, sizes), {sum.range()}), output);
    return quantized_type(q.tokens, static_cast<int>(heads) * sizes.value_dim, output);
  }

  Mantissas evaluate(const NodeView& view, const std::vector<const Mantissas*>& operands) const override {
    return compute(view, operands, nullptr);
  }

  std::vector<InternalTensor> internals(const NodeView& view,
                                        const std::vector<const Mantissas*>& operands) const override {
    Trace trace;
    compute(view, operands, &trace);
    const Sizes sizes = sizes_of(view);
    const auto exp_width = static_cast<int>(view.node.integer("exp_width"));
    const Format sum{false, sizes.sum_width, sizes.sum_width - exp_width + 1};
    const TensorType weighted = exact_type(1, view.operand(2).frac + exp_width - 1, {weighted_sum(view, sizes)});
    return {{"score", view.node.quantizer("score").format, std::move(trace.scores), sizes.score_frac},
            {"exp_sum", sum, std::move(trace.exp_sums), sum.frac()},
            {"weighted_sum", Format{true, weighted.width, weighted.width - weighted.frac},
             std::move(trace.weighted_sums), weighted.frac}};
  }

  Timing timing(const NodeView& view, const Hardware& hardware) const override {
    const Sizes sizes = sizes_of(view);
    const DeviceModel& device = hardware.device;
    const int tree = adder_tree_latency(sizes.tokens, device.levels);
    const int score = device.mul_stages + adder_tree_latency(sizes.key_dim, device.levels) + 1;
    const int row_max = sizes.row_max ? max_tree_latency(sizes.tokens, device.levels) + 1 : 0;
    const int normalise = std::max(device.mul_stages + tree, tree + device.table_stages);
    return {Timing::Kind::attention, score + row_max + device.table_stages + normalise + device.mul_stages + 1};
  }

  Cost cost(const NodeView& view, const Hardware& hardware) const override {
    const Sizes sizes = sizes_of(view);
    const SoftmaxTables tables(view.node);
    const int levels = hardware.device.levels;
    const TensorType& q = view.operand(0);
    const TensorType& k = view.operand(1);
    const TensorType& v = view.operand(2);
    const Quantizer& score = view.node.quantizer("score");
    Cost key = static_cast<double>(sizes.key_dim) * multiplier_cost(q.width, k.width);
    key += adder_tree_cost(sizes.key_dim, q.width + k.width, levels);
    key += requantize_cost(q.width + k.width + clog2(sizes.key_dim), sizes.score_frac, score);
    key.ff += score.format.width;
    key += exp2_cost(tables, score.format.width);
    Cost row = static_cast<double>(sizes.tokens) * key;
    if (sizes.row_max) {
      row += max_tree_cost(sizes.tokens, score.format.width);
      row += static_cast<double>(sizes.tokens) * Cost{1.5 * score.format.width, 1.5 * score.format.width, 0, 0};
    }
    row += adder_tree_cost(sizes.tokens, tables.exp_width, levels);
    row += reciprocal_cost(tables, sizes.sum_width);
    Cost value = static_cast<double>(sizes.tokens) * multiplier_cost(tables.exp_width + 1, v.width);
    value += adder_tree_cost(sizes.tokens, tables.exp_width + 1 + v.width, levels);
    value +=
        multiplier_cost(tables.exp_width + v.width + clog2(sizes.tokens), tables.recip_width + tables.recip_lz_max + 1);
    value += requantize_cost(40, product_frac(view, sizes), view.node.quantizer("output"));
    value.ff += view.node.type.width;
    row += static_cast<double>(sizes.value_dim) * value;
    Cost cost = static_cast<double>(hardware.lanes_of(q) * sizes.heads) * row;
    cost.ff += 2.0 * sizes.tokens * (k.features * k.width + v.features * v.width);
    return cost;
  }

  void emit(const NodeView& view, const Hardware& hardware, Emission& emission) const override {
    const Sizes sizes = sizes_of(view);
    const SoftmaxTables tables(view.node);
    const Quantizer& score = view.node.quantizer("score");
    const int lanes = hardware.lanes_of(view.operand(0));
    Instance instance{"attention", emission.local("unit"), {}, {}};
    instance.with("TOKENS", sizes.tokens).with("LANES", lanes).with("HEADS", sizes.heads);
    instance.with("KV_HEADS", sizes.kv_heads).with("KEY_DIM", sizes.key_dim).with("VALUE_DIM", sizes.value_dim);
    instance.with("Q_W", view.operand(0).width).with("K_W", view.operand(1).width).with("V_W", view.operand(2).width);
    instance.with("MASKED", sizes.masked ? 1 : 0).with("ROW_MAX", sizes.row_max ? 1 : 0);
    instance.with("SCORE_SHIFT", sizes.score_frac - score.format.frac()).with("SCORE_W", score.format.width);
    instance.with("SCORE_ROUNDING", static_cast<int>(score.rounding));
    instance.with("SCORE_OVERFLOW", static_cast<int>(score.overflow));
    instance.with("EXP_BIAS", view.node.integer("exp_bias"));
    with_softmax_tables(instance, tables, hardware.device);
    instance.with_quantizer(product_frac(view, sizes), view.node.quantizer("output"));
    instance.with("MUL_STAGES", hardware.device.mul_stages).with("LEVELS", hardware.device.levels);
    instance.port("clk", "clk").port("kv_valid", emission.control(1).valid).port("kv_last", emission.control(1).last);
    instance.port("k", emission.input(1)).port("v", emission.input(2));
    instance.port("mask", sizes.masked ? emission.input(3) : std::to_string(lanes) + "'d0");
    instance.port("q", emission.input(0)).port("y", emission.output());
    emission.instance(instance);
  }

 private:
  /// Mantissas on the way, of real queries and keys.
  struct Trace {
    std::vector<double> scores;  // exact
    std::vector<double> exp_sums;
    std::vector<double> weighted_sums;
  };

  static Mantissas compute(const NodeView& view, const std::vector<const Mantissas*>& operands, Trace* trace) {
    const Sizes sizes = sizes_of(view);
    const SoftmaxTables tables(view.node);
    const Quantizer& score_format = view.node.quantizer("score");
    const Quantizer& output = view.node.quantizer("output");
    const auto bias = static_cast<int>(view.node.integer("exp_bias"));
    const int frac = product_frac(view, sizes);
    const Eigen::Index tokens = sizes.tokens;
    const Eigen::Index events = operands[0]->rows() / tokens;
    // 2^x for every x that can occur and does not vanish, so that the loop below only looks up.
    std::vector<double> exponentials;
    const std::int64_t vanishing = (std::int64_t{bias} - tables.exp_width) * (std::int64_t{1} << tables.exp_frac);
    const std::int64_t lowest = std::max(score_format.format.min(), vanishing);
    const std::int64_t highest = sizes.row_max ? 0 : score_format.format.max();
    for (std::int64_t x = lowest; x <= highest; ++x) {
      exponentials.push_back(static_cast<double>(tables.exp2(x, bias)));
    }
    const auto lookup_lowest = static_cast<double>(lowest);
    Mantissas y(operands[0]->rows(), view.node.type.features);
    Mantissas scores(tokens, tokens);
    Mantissas sums(tokens, sizes.value_dim);
    for (Eigen::Index event = 0; event < events; ++event) {
      const Eigen::Index top = event * tokens;
      for (int head = 0; head < sizes.heads; ++head) {
        const int kv_head = sizes.kv_heads == 1 ? 0 : head;
        const auto q = operands[0]->block(top, head * sizes.key_dim, tokens, sizes.key_dim);
        const auto k = operands[1]->block(top, kv_head * sizes.key_dim, tokens, sizes.key_dim);
        const auto v = operands[2]->block(top, kv_head * sizes.value_dim, tokens, sizes.value_dim);
        scores.noalias() = q * k.transpose();
        if (trace != nullptr) {
          keep_scores(operands, top, scores, *trace);
        }
        requantize(scores, sizes.score_frac, score_format);
        for (Eigen::Index i = 0; i < tokens; ++i) {
          double largest = 0;
          if (sizes.row_max) {
            largest = static_cast<double>(score_format.format.min());
            for (Eigen::Index j = 0; j < tokens; ++j) {
              largest = is_real(operands, top + j) ? std::max(largest, scores(i, j)) : largest;
            }
          }
          for (Eigen::Index j = 0; j < tokens; ++j) {
            const double x = std::max(scores(i, j) - largest, lookup_lowest);
            scores(i, j) = is_real(operands, top + j) ? exponentials[static_cast<std::size_t>(x - lookup_lowest)] : 0.0;
          }
        }
        sums.noalias() = scores * v;
        for (Eigen::Index i = 0; i < tokens; ++i) {
          const double exp_sum = scores.row(i).sum();
          const std::int64_t inverse = tables.reciprocal(static_cast<std::int64_t>(exp_sum), sizes.sum_width);
          if (trace != nullptr && is_real(operands, top + i)) {
            trace->exp_sums.push_back(exp_sum);
            trace->weighted_sums.insert(trace->weighted_sums.end(), sums.row(i).begin(), sums.row(i).end());
          }
          for (int d = 0; d < sizes.value_dim; ++d) {
            y(top + i, head * sizes.value_dim + d) =
                static_cast<double>(requantize(static_cast<std::int64_t>(sums(i, d)) * inverse, frac, output));
          }
        }
      }
    }
    return y;
  }

  /// The scores [query, key] of the event whose first token is row `top`.
  static void keep_scores(const std::vector<const Mantissas*>& operands, Eigen::Index top, const Mantissas& scores,
                          Trace& trace) {
    for (Eigen::Index i = 0; i < scores.rows(); ++i) {
      for (Eigen::Index j = 0; is_real(operands, top + i) && j < scores.cols(); ++j) {
        if (is_real(operands, top + j)) {
          trace.scores.push_back(scores(i, j));
        }
      }
    }
  }

  static bool is_real(const std::vector<const Mantissas*>& operands, Eigen::Index row) {
    return operands.size() < 4 || (*operands[3])(row, 0) != 0;
  }
};

}  // namespace

std::unique_ptr<Primitive> make_attention() { return std::make_unique<Attention>(); }

}  // namespace rtlgen
