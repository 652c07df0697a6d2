#include "ir/tensor_type.hpp"

#include <algorithm>
#include <utility>

namespace rtlgen {
namespace {

__extension__ using Wide = __int128;

/// Ends beyond 62 bits stay there: too wide for any tensor, and told so by the verifier.
std::int64_t saturated(Wide value) {
  constexpr Wide kBound = Wide{1} << 62;
  return static_cast<std::int64_t>(std::clamp(value, -kBound, kBound));
}

}  // namespace

int signed_width(const Interval& interval) {
  int width = 1;
  while (width < 63 &&
         (interval.lo < -(std::int64_t{1} << (width - 1)) || interval.hi > (std::int64_t{1} << (width - 1)) - 1)) {
    ++width;
  }
  return width;
}

Interval hull(const Interval& a, const Interval& b) { return {std::min(a.lo, b.lo), std::max(a.hi, b.hi)}; }

Interval operator+(const Interval& a, const Interval& b) {
  return {saturated(Wide{a.lo} + b.lo), saturated(Wide{a.hi} + b.hi)};
}

Interval operator*(std::int64_t factor, const Interval& a) {
  const std::int64_t x = saturated(Wide{factor} * a.lo);
  const std::int64_t y = saturated(Wide{factor} * a.hi);
  return {std::min(x, y), std::max(x, y)};
}

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
