// attention: scores, base-2 softmax, weighted sum.
#include "primitives/attention.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "tests/support/graph_builder.hpp"
#include "tests/support/integer_model.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

Mantissas plain_attention(const NodeView& view, const std::vector<const Mantissas*>& operands) {
  const auto& attention = *view.node.as<Attention>();
  const Mantissas &q = *operands[0], &k = *operands[1], &v = *operands[2];
  const bool masked = operands.size() == 4;
  const int tokens = view.operand(0).tokens;
  const int key_dim = view.operand(0).features / attention.heads;
  const int value_dim = view.operand(2).features / attention.kv_heads;
  const SoftmaxTables& tables = attention.tables;
  const int sum_width = tables.exp_width + bits_for(tokens);
  const auto lowest = -static_cast<std::int64_t>(power_of_two(attention.score.format.width - 1));
  const int product_frac = view.operand(2).frac + tables.recip_width + sum_width - 1;
  Mantissas y(q.rows(), attention.heads * value_dim);
  for (Eigen::Index top = 0; top < q.rows(); top += tokens) {
    const auto real = [&](int j) { return !masked || (*operands[3])(top + j, 0) == 1; };
    for (int h = 0; h < attention.heads; ++h) {
      const int kv = attention.kv_heads == 1 ? 0 : h;
      for (int i = 0; i < tokens; ++i) {
        std::vector<std::int64_t> scores;
        for (int j = 0; j < tokens; ++j) {
          std::int64_t dot = 0;
          for (int d = 0; d < key_dim; ++d) {
            dot += static_cast<std::int64_t>(q(top + i, h * key_dim + d)) *
                   static_cast<std::int64_t>(k(top + j, kv * key_dim + d));
          }
          scores.push_back(to_format(dot, view.operand(0).frac + view.operand(1).frac, attention.score));
        }
        std::int64_t largest = lowest;
        for (int j = 0; j < tokens; ++j) {
          largest = real(j) ? std::max(largest, scores[static_cast<std::size_t>(j)]) : largest;
        }
        std::int64_t sum = 0;
        std::vector<Wide> weighted(static_cast<std::size_t>(value_dim));
        for (int j = 0; j < tokens; ++j) {
          if (!real(j)) {
            continue;
          }
          const std::int64_t s = scores[static_cast<std::size_t>(j)];
          const std::int64_t x = attention.row_max ? std::max(s - largest, lowest) : s;
          const auto e =
              table_exp2(tables.exp_table.values, x, attention.row_max ? 0 : attention.exp_bias, tables.exp_width);
          sum += e;
          for (int d = 0; d < value_dim; ++d) {
            weighted[static_cast<std::size_t>(d)] +=
                Wide{e} * static_cast<std::int64_t>(v(top + j, kv * value_dim + d));
          }
        }
        const std::int64_t inverse = table_reciprocal(tables.recip_table.values, sum, sum_width, tables.recip_lz_max);
        for (int d = 0; d < value_dim; ++d) {
          y(top + i, h * value_dim + d) = static_cast<double>(
              to_format(weighted[static_cast<std::size_t>(d)] * inverse, product_frac, attention.output));
        }
      }
    }
  }
  return y;
}

/// The input's features are cut into q, k and v, which are brought to formats of their own.
Graph random_attention(Dice& dice, int index) {
  const CoreShape shape = random_shape(dice, index, 9);
  const int heads = dice.number(1, 3);
  const int kv_heads = dice.percent(40) ? 1 : heads;
  const int key_dim = dice.number(1, 5);
  const int value_dim = dice.number(1, 4);
  GraphBuilder builder(shape);
  const auto x = builder.input((heads + kv_heads) * key_dim + kv_heads * value_dim, random_quantizer(dice, 4, 9, 3));
  const Quantizer v_format = random_quantizer(dice, 1, 9, 3);
  const auto q = builder.select("q", x, 0, heads * key_dim, random_quantizer(dice, 2, 8, 2));
  const auto k = builder.select("k", x, heads * key_dim, kv_heads * key_dim, random_quantizer(dice, 2, 8, 3));
  const auto v = builder.select("v", x, (heads + kv_heads) * key_dim, kv_heads * value_dim, v_format);

  Attention attention;
  attention.heads = heads;
  attention.kv_heads = kv_heads;
  const int exp_frac = dice.number(0, 6);
  const int widest = dice.percent(10) ? kMaxScoreWidth : exp_frac + 6;  // scores are rarely so wide
  attention.score = random_quantizer(dice, std::min(exp_frac + 1, widest), widest, 0);
  Format& score = attention.score.format;
  score.is_signed = true;
  score.integer = score.width - exp_frac;
  attention.row_max = dice.percent(50) || widest == kMaxScoreWidth;
  const int exp_width = dice.number(2, 14);
  const int sum_width = exp_width + bits_for(shape.tokens);
  const auto least_bias = static_cast<int>(score.max() >> exp_frac);
  attention.exp_bias = attention.row_max ? 0 : least_bias + dice.below(3);
  attention.output = random_quantizer(dice, 2, 12, v_format.format.frac() + dice.number(-1, 3));
  set_tables(attention.tables,
             {exp_frac, exp_width, dice.number(0, 8), dice.number(2, 10), dice.number(0, sum_width - 1)});
  return builder.finish(builder.add("attention", attention, builder.with_mask({q, k, v})));
}

/// Estimated lookup tables of one head of 3 values over 4 tokens, of two lanes.
double estimated_luts(int recip_lz_max) {
  GraphBuilder builder({4, 2, MaskKind::none, 200});
  const auto x = builder.input(7, signed_quantizer(8, 4));
  const auto q = builder.select("q", x, 0, 2, signed_quantizer(8, 4));
  const auto k = builder.select("k", x, 2, 2, signed_quantizer(8, 4));
  const auto v = builder.select("v", x, 4, 3, signed_quantizer(8, 4));
  Attention attention;
  attention.row_max = true;
  attention.score = signed_quantizer(8, 3);
  attention.output = signed_quantizer(6, 3);
  set_tables(attention.tables, {3, 8, 4, 6, recip_lz_max});
  const auto id = builder.add("attention", attention, {q, k, v});
  Graph graph = builder.finish(id);
  graph.target.dsp_luts = 0;  // products of DSP blocks
  return primitive_of(graph.node(id)).cost(view_of(graph, id), hardware_of(graph, id)).lut;
}

TEST_CASE("attention: the golden model is its definition", "[attention]") {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_attention(dice, static_cast<int>(seed));
    CHECK(compare_with_plain_model(graph, random_events(dice, graph, 20), plain_attention) == "");
  }
}

TEST_CASE("attention: each bit of the normalised product is in the estimate", "[attention]") {
  // Of a lane: a LUT for every four shifts of each of the 4 bits of the index and of the 6 and more of the reciprocal.
  // With more than five bits above it, a limiter takes two LUTs for each of the 6 bits of the 3 values.
  constexpr double kLimiters = 3 * 6;
  CHECK(estimated_luts(1) - estimated_luts(0) == Approx(2 * ((4 + 7) - (4 + 6) + kLimiters)));
  CHECK(estimated_luts(9) - estimated_luts(0) == Approx(2 * ((4 + 15) * 3 - (4 + 6) + kLimiters)));
}

TEST_CASE("attention: RTL equals golden to the bit and clock", "[attention][rtl]") {
  for (unsigned seed = 1; seed <= 32; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const Graph graph = random_attention(dice, static_cast<int>(seed));
    CHECK(run_bench(graph, random_events(dice, graph, 24), {seed}).verdict() == "ok");
  }
}

}  // namespace
}  // namespace rtlgen::testing
