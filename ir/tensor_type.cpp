#include "ir/tensor_type.hpp"

#include <utility>

namespace rtlgen {

Interval TensorType::range() const {
  Interval all = intervals.front();
  for (const Interval& interval : intervals) {
    all = hull(all, interval);
  }
  return all;
}

TensorType quantized_type(int tokens, int features, const Quantizer& quantizer) {
  const Format& format = quantizer.format;
  TensorType type{tokens, features, format.frac(), format.width + (format.is_signed ? 0 : 1), {}};
  type.intervals.assign(static_cast<std::size_t>(features), Interval{quantizer.lowest(), format.max()});
  return type;
}

TensorType exact_type(int tokens, int frac, std::vector<Interval> intervals) {
  TensorType type{tokens, static_cast<int>(intervals.size()), frac, 1, std::move(intervals)};
  type.width = signed_width(type.range());
  return type;
}

}  // namespace rtlgen
