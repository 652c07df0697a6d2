#include "primitives/element_formats.hpp"

#include <algorithm>
#include <cstdlib>

#include "primitives/node_rules.hpp"

namespace rtlgen {
namespace {

constexpr int kMaxFormatFrac = 1 << 10;

void require_format(const NodeView& view, const Format& format, const Format& all) {
  if (format.width == 0) {
    return;
  }
  require(view, format.width <= kMaxFormatWidth,
          "literal 'formats' must have rows of signed (0, 1), width (0 to 48), fraction bits");
  require(view, std::abs(format.frac()) < kMaxFormatFrac, "literal 'formats' has impossible fraction bits");
  const int align = all.frac() - format.frac();
  const int spare = all.width - format.width - (all.is_signed && !format.is_signed ? 1 : 0);
  require(view, align >= 0 && align <= spare && (all.is_signed || !format.is_signed),
          to_string(format) + " does not fit into " + to_string(all));
}

}  // namespace

void require_formats(const NodeView& view, const FormatArray& formats, const std::vector<int>& shape) {
  std::size_t count = 1;
  for (const int extent : shape) {
    count *= static_cast<std::size_t>(extent);
  }
  require(view, formats.formats.empty() || (formats.shape == shape && formats.formats.size() == count),
          "literal 'formats' has a wrong shape");
  for (const Format& format : formats.formats) {
    require_format(view, format, formats.quantizer.format);
  }
  require(view, formats.limits.empty() || formats.limits.size() == static_cast<std::size_t>(shape.back()),
          "literal 'limits' has a wrong shape");
  for (std::size_t f = 0; f < formats.limits.size(); ++f) {
    const Interval& own = formats.limits[f];
    const Quantizer quantizer = formats.element(f).quantizer;
    require(view, own.lo <= own.hi && own.lo >= quantizer.lowest() && own.hi <= quantizer.format.max(),
            "literal 'limits' must have rows of a smallest and a largest mantissa of the format");
  }
}

std::vector<ElementFormat> element_formats(const FormatArray& formats, std::size_t count) {
  std::vector<ElementFormat> elements;
  elements.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    elements.push_back(formats.element(i));
  }
  return elements;
}

void requantize(Mantissas& sums, int frac, const FormatArray& formats, bool relu) {
  if (formats.is_uniform()) {
    requantize(sums, frac, formats.quantizer, relu);
    return;
  }
  for (Eigen::Index f = 0; f < sums.cols(); ++f) {
    const ElementFormat element = formats.element(static_cast<std::size_t>(f));
    for (Eigen::Index row = 0; row < sums.rows(); ++row) {
      sums(row, f) = static_cast<double>(element.apply(static_cast<std::int64_t>(sums(row, f)), frac, relu));
    }
  }
}

TensorType requantized_type(const TensorType& exact, const FormatArray& formats, bool relu) {
  TensorType type = quantized_type(exact.tokens, exact.features, formats.quantizer);
  for (std::size_t f = 0; f < exact.intervals.size(); ++f) {
    type.intervals[f] = formats.element(f).apply(exact.intervals[f], exact.frac, relu);
  }
  return type;
}

std::vector<Step> requantize_steps(const DeviceModel& device, const std::vector<Interval>& sums, int frac,
                                   const FormatArray& formats, bool relu) {
  std::vector<Step> steps(2);
  for (std::size_t o = 0; o < sums.size(); ++o) {
    const ElementFormat element = formats.element(o);
    if (element.pruned || sums[o].lo == sums[o].hi) {
      continue;
    }
    const auto own = requantize_steps(device, signed_width(sums[o]), frac, element.quantizer, relu);
    steps[0] = {std::max(steps[0].delay, own[0].delay), steps[0].bits + own[0].bits};
    const int limiting = element.limits ? device.maximum(element.quantizer.format.width) : 0;
    steps[1] = {std::max(steps[1].delay, own[1].delay + limiting), steps[1].bits + own[1].bits};
  }
  return steps;
}

Cost requantize_cost(int width, int frac, const ElementFormat& element, bool relu) {
  if (element.pruned) {
    return {};
  }
  const Quantizer& quantizer = element.quantizer;
  Cost cost = requantize_cost(width, frac, quantizer, relu);
  // Two comparisons by carry chains, two bits a LUT each, and the choice.
  cost.lut += element.limits ? 2.0 * quantizer.format.width : 0.0;
  return cost;
}

}  // namespace rtlgen
