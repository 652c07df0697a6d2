#include "ir/numerics/interval_rounding.hpp"

#include <algorithm>

namespace rtlgen {

Interval requantize(const Interval& x, int frac, const Quantizer& quantizer, bool relu) {
  const int shift = frac - quantizer.format.frac();
  const std::int64_t lo = shift_round(relu ? std::max<std::int64_t>(x.lo, 0) : x.lo, shift, quantizer.rounding);
  const std::int64_t hi = shift_round(relu ? std::max<std::int64_t>(x.hi, 0) : x.hi, shift, quantizer.rounding);
  const Interval all{quantizer.lowest(), quantizer.format.max()};
  if (quantizer.overflow == Overflow::wrap && (lo < all.lo || hi > all.hi)) {
    return {quantizer.format.min(), quantizer.format.max()};
  }
  return {limit(lo, all.lo, all.hi), limit(hi, all.lo, all.hi)};
}

}  // namespace rtlgen
