#include "rtlgen/lowering/attention_formats.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "primitives/primitive.hpp"
#include "rtlgen/model/sample.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kScoreEvents = 256;  // events whose attention scores are looked at

}  // namespace

ScoreRange score_range(const AttentionLayer& layer, const RowMatrix& q, const RowMatrix& k, const Events& events) {
  ScoreRange range;
  const Eigen::Index tokens = events.tokens;
  const Eigen::Index dim = q.cols() / layer.heads;
  const auto real = [&](Eigen::Index row) {
    return events.mask.empty() || events.mask[static_cast<std::size_t>(row)] != 0;
  };
  for (const std::size_t event : sample_indices(events.count, kScoreEvents)) {
    const Eigen::Index top = static_cast<Eigen::Index>(event) * tokens;
    for (int head = 0; head < layer.heads; ++head) {
      const int kv_head = layer.kv_heads == 1 ? 0 : head;
      const RowMatrix s = q.block(top, head * dim, tokens, dim) * k.block(top, kv_head * dim, tokens, dim).transpose();
      for (Eigen::Index i = 0; i < tokens; ++i) {
        double row_max = -std::numeric_limits<double>::infinity();
        for (Eigen::Index j = 0; real(top + i) && j < tokens; ++j) {
          if (real(top + j)) {
            row_max = std::max(row_max, s(i, j));
            range.largest_magnitude = std::max(range.largest_magnitude, std::abs(s(i, j)));
          }
        }
        if (row_max > -std::numeric_limits<double>::infinity()) {
          range.largest = std::max(range.largest, row_max);
          range.least_row_max = std::min(range.least_row_max, row_max);
        }
      }
    }
  }
  return range;
}

int AttentionFormats::exp_bias() const {
  return row_max ? 0 : static_cast<int>(score.format.max() >> score.format.frac());
}

int AttentionFormats::sum_width(int tokens) const { return exp_width + clog2(tokens); }

int AttentionFormats::zeros(int tokens) const {
  return row_max ? sum_width(tokens) - exp_width : std::min(sum_width(tokens) - 1, 24 - recip_width());
}

int AttentionFormats::product_width(int tokens, const Interval& range) const {
  const std::int64_t largest = ((std::int64_t{1} << exp_width) - 1) * tokens;
  return signed_width(largest * hull(range, Interval{0, 0})) + recip_width() + zeros(tokens);
}

SoftmaxTables softmax_tables(int exp_frac, int exp_width, int recip_index, int recip_lz_max) {
  const int recip_width = recip_entry_bits(recip_index);
  return {make_exp_table(exp_frac, exp_width), exp_width, make_reciprocal_table(recip_index, recip_width), recip_width,
          recip_lz_max};
}

}  // namespace rtlgen
