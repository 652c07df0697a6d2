#include "primitives/element_quantizers.hpp"

#include <algorithm>

#include "primitives/node_rules.hpp"

namespace rtlgen {
namespace {

constexpr int kFormatColumns = 3;  // signed, width, fraction bits
constexpr int kMaxFormatFrac = 1 << 10;

void set_format(const NodeView& view, const Quantizer& output, const std::int64_t* row, ElementQuantizer& element) {
  require(view, (row[0] == 0 || row[0] == 1) && row[1] >= 0 && row[1] <= kMaxFormatWidth,
          "literal 'formats' must have rows of signed (0, 1), width (0 to 48), fraction bits");
  element.pruned = row[1] == 0;
  if (element.pruned) {
    return;
  }
  require(view, std::abs(row[2]) < kMaxFormatFrac, "literal 'formats' has impossible fraction bits");
  Format& format = element.quantizer.format;
  format.is_signed = row[0] == 1;
  format.width = static_cast<int>(row[1]);
  format.integer = format.width - static_cast<int>(row[2]);
  element.align = output.format.frac() - format.frac();
  const int spare = output.format.width - format.width - (output.format.is_signed && !format.is_signed ? 1 : 0);
  require(view, element.align >= 0 && element.align <= spare && (output.format.is_signed || !format.is_signed),
          to_string(format) + " does not fit into " + to_string(output.format));
}

/// The quantizers of elements of this shape.
std::vector<ElementQuantizer> quantizers_of_shape(const NodeView& view, std::vector<int> shape) {
  const Quantizer& output = view.node.quantizer("output");
  std::size_t count = 1;
  for (const int extent : shape) {
    count *= static_cast<std::size_t>(extent);
  }
  std::vector<ElementQuantizer> result(count, {output, 0, false, std::nullopt});
  if (view.node.has("formats")) {
    shape.push_back(kFormatColumns);
    require_shape(view, "formats", shape);
    const Literal& formats = view.node.literal("formats");
    for (std::size_t o = 0; o < result.size(); ++o) {
      set_format(view, output, &formats.values[o * kFormatColumns], result[o]);
    }
  }
  return result;
}

}  // namespace

std::int64_t ElementQuantizer::apply(std::int64_t x, int frac, bool relu) const {
  if (pruned) {
    return 0;
  }
  const std::int64_t y = requantize(x, frac, quantizer, relu);
  return (limits ? std::clamp(y, limits->lo, limits->hi) : y) * (std::int64_t{1} << align);
}

Interval ElementQuantizer::apply(const Interval& x, int frac, bool relu) const {
  if (pruned) {
    return {0, 0};
  }
  Interval y = requantize(x, frac, quantizer, relu);
  if (limits) {
    y = {std::clamp(y.lo, limits->lo, limits->hi), std::clamp(y.hi, limits->lo, limits->hi)};
  }
  return (std::int64_t{1} << align) * y;
}

int ElementQuantizer::levels(int frac) const {
  return pruned ? 0 : requantize_levels(frac, quantizer) + (limits ? 1 : 0);
}

Cost ElementQuantizer::cost(int width, int frac) const {
  if (pruned) {
    return {};
  }
  Cost cost = requantize_cost(width, frac, quantizer);
  // Two comparisons by carry chains, two bits a LUT each, and the choice.
  cost.lut += limits ? 2.0 * quantizer.format.width : 0.0;
  cost.ff += quantizer.format.width;
  return cost;
}

std::vector<ElementQuantizer> element_quantizers(const NodeView& view, int features) {
  std::vector<ElementQuantizer> result = quantizers_of_shape(view, {features});
  if (view.node.has("limits")) {
    require_shape(view, "limits", {features, 2});
    const Literal& limits = view.node.literal("limits");
    for (std::size_t o = 0; o < result.size(); ++o) {
      const Quantizer& quantizer = result[o].quantizer;
      const Interval all{quantizer.lowest(), quantizer.format.max()};
      const Interval own{limits.values[2 * o], limits.values[2 * o + 1]};
      require(view, own.lo <= own.hi && own.lo >= all.lo && own.hi <= all.hi,
              "literal 'limits' must have rows of a smallest and a largest mantissa of the format");
      if (!(own == all)) {
        result[o].limits = own;
      }
    }
  }
  return result;
}

std::vector<ElementQuantizer> token_quantizers(const NodeView& view, int tokens, int features) {
  return quantizers_of_shape(view, {tokens, features});
}

int quantizer_levels(const NodeView& view, int features, int frac) {
  int levels = 0;
  for (const ElementQuantizer& quantizer : element_quantizers(view, features)) {
    levels = std::max(levels, quantizer.levels(frac));
  }
  return levels;
}

TensorType requantized_type(const TensorType& exact, const Quantizer& output,
                            const std::vector<ElementQuantizer>& quantizers, bool relu) {
  TensorType type = quantized_type(exact.tokens, exact.features, output);
  for (std::size_t f = 0; f < exact.intervals.size(); ++f) {
    type.intervals[f] = quantizers[f].apply(exact.intervals[f], exact.frac, relu);
  }
  return type;
}

}  // namespace rtlgen
