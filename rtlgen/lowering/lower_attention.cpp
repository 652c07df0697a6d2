#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "primitives/attention.hpp"
#include "rtlgen/lowering/attention_formats.hpp"
#include "rtlgen/lowering/layer_lowering.hpp"
#include "rtlgen/model/calibrate.hpp"

namespace rtlgen {
namespace {

constexpr int kLeastExpBits = 8;  // automatic widths inside attention are not made narrower
constexpr int kLeastTableBits = 6;

/// Scores in units of log2; `range`: what calibration saw of them.
Quantizer score_quantizer(const LoweringContext& context, const Layer& layer, const std::optional<ScoreRange>& range) {
  Quantizer score;
  const auto chosen = context.precision().score(layer);
  if (chosen && !chosen->automatic) {
    score = chosen->quantizer;
  } else {
    context.require_calibration(layer);
    const int whole = std::clamp(integer_bits(range->largest_magnitude * 1.125), 2, kMaxScoreWidth - 1);
    const int derived = std::min(whole + context.precision().exp_index_bits(layer), kMaxScoreWidth);
    score.format = Format{true, chosen ? chosen->bits : derived, whole};
  }
  const int index_bits = score.format.frac();
  if (index_bits < 0 || index_bits > 12 || score.format.width > kMaxScoreWidth) {
    throw SourceError(layer.where,
                      fmt::format("layer '{}': the score format {} has {} bits, {} of them of the "
                                  "fraction, expected at most {} bits and 0 to 12 of the fraction",
                                  layer.name, to_string(score.format), score.format.width, index_bits, kMaxScoreWidth));
  }
  return score;
}

/// The formats of one attention: those that the description asks for, and what it leaves open so that everything fits.
class FormatChoice {
 public:
  FormatChoice(const LoweringContext& context, const Layer& layer, const AttentionLayer& attention,
               const TensorType& values)
      : context_(context), layer_(layer), attention_(attention), values_(values) {}

  AttentionFormats choose() {
    const PrecisionRules& precision = context_.precision();
    formats_.exp_width = precision.exp_bits(layer_);
    formats_.recip_index = precision.table_bits(layer_);
    std::optional<ScoreRange> range;
    if (context_.is_calibrated()) {
      range = score_range(attention_, context_.real_input(layer_, 0), context_.real_input(layer_, 1),
                          context_.calibration());
    }
    formats_.score = score_quantizer(context_, layer_, range);
    choose_row_max(range);
    while (is_too_wide() && !precision.says_exp_bits(layer_) && formats_.exp_width > kLeastExpBits) {
      --formats_.exp_width;
    }
    while (is_too_wide() && !precision.says_table_bits(layer_) && formats_.recip_index > kLeastTableBits) {
      --formats_.recip_index;
    }
    check_width();
    return formats_;
  }

 private:
  void choose_row_max(const std::optional<ScoreRange>& range) {
    if (attention_.row_max) {
      formats_.row_max = *attention_.row_max;
    } else if (range) {
      // Without the row maximum a row's exponentials must keep enough bits below the largest score of all.
      formats_.row_max = false;
      const double lost = std::ceil(std::max(range->largest, 0.0)) + 1 - range->least_row_max;
      const int kept = std::min(context_.precision().activation_bits(layer_), 10);
      formats_.row_max = lost > formats_.exp_width - kept || is_too_wide();
    }
  }

  int product_width() const { return formats_.product_width(context_.model().tokens, values_.range()); }
  bool is_too_wide() const { return product_width() > kMaxNormalisedWidth; }

  void check_width() const {
    if (is_too_wide()) {
      throw SourceError(
          layer_.where,
          fmt::format("layer '{}': sums over {} tokens of exponentials (exp_bits {}) and values of {} bits, normalised "
                      "(table_bits {}), need {} bits, expected at most {}: lower exp_bits, table_bits or the values' "
                      "format",
                      layer_.name, context_.model().tokens, formats_.exp_width, values_.width, formats_.recip_index,
                      product_width(), kMaxNormalisedWidth));
    }
  }

  const LoweringContext& context_;
  const Layer& layer_;
  const AttentionLayer& attention_;
  const TensorType& values_;
  AttentionFormats formats_;
};

}  // namespace

ExactTensor lower(LoweringContext& context, const Layer& layer, const AttentionLayer& what) {
  const std::vector<Graph::NodeId> operands = context.operands(layer);
  const AttentionFormats formats = FormatChoice(context, layer, what, context.type(operands.at(2))).choose();
  Attention attention;
  attention.heads = what.heads;
  attention.kv_heads = what.kv_heads;
  attention.row_max = formats.row_max;
  attention.score = formats.score;
  attention.exp_bias = formats.exp_bias();
  attention.tables = softmax_tables(formats.score.format.frac(), formats.exp_width, formats.recip_index,
                                    formats.zeros(context.model().tokens));
  attention.output = context.output(layer);
  return context.append(layer.name, std::move(attention), operands);
}

}  // namespace rtlgen
