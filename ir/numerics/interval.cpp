#include "ir/numerics/interval.hpp"

#include <algorithm>

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

}  // namespace rtlgen
