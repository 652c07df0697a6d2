#include "ir/numerics/format_array.hpp"

#include "ir/numerics/interval_rounding.hpp"
#include "ir/numerics/rounding.hpp"

namespace rtlgen {

std::int64_t ElementFormat::apply(std::int64_t x, int frac, bool relu) const {
  if (pruned) {
    return 0;
  }
  const std::int64_t y = requantize(x, frac, quantizer, relu);
  return (limits ? limit(y, limits->lo, limits->hi) : y) * (std::int64_t{1} << align);
}

Interval ElementFormat::apply(const Interval& x, int frac, bool relu) const {
  if (pruned) {
    return {0, 0};
  }
  Interval y = requantize(x, frac, quantizer, relu);
  if (limits) {
    y = {limit(y.lo, limits->lo, limits->hi), limit(y.hi, limits->lo, limits->hi)};
  }
  return (std::int64_t{1} << align) * y;
}

ElementFormat FormatArray::element(std::size_t index) const {
  ElementFormat element{quantizer, 0, false, std::nullopt};
  if (!formats.empty()) {
    const Format& format = formats[index];
    element.pruned = format.width == 0;
    if (!element.pruned) {
      element.quantizer.format = format;
      element.align = quantizer.format.frac() - format.frac();
    }
  }
  if (!limits.empty()) {
    const Interval all{element.quantizer.lowest(), element.quantizer.format.max()};
    if (!(limits[index] == all)) {
      element.limits = limits[index];
    }
  }
  return element;
}

}  // namespace rtlgen
