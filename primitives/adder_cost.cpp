#include "primitives/adder_cost.hpp"

#include <bitset>
#include <cstddef>
#include <cstdint>

#include "primitives/value_bits.hpp"

namespace rtlgen {
namespace {

/// A shifted operand, bit by bit.
class Operand {
 public:
  Operand(const Interval& interval, int shift)
      : interval_(interval),
        shift_(shift),
        bits_(value_bits(interval)),
        has_sign_(interval.lo < 0 && interval.hi >= 0) {}

  /// The bit of the value that stands at `position`, -1 where that is a constant.
  int varying(int position) const {
    const int index = position - shift_;
    return index < 0 ? -1 : (index < bits_ ? index : (has_sign_ ? bits_ - 1 : -1));
  }
  /// The constant that stands at `position`.
  bool constant(int position) const { return position >= shift_ && constant_bit(interval_, position - shift_); }

 private:
  const Interval& interval_;
  int shift_;
  int bits_;
  bool has_sign_;
};

}  // namespace

int adder_luts(const Interval& a, int shift_a, const Interval& b, int shift_b, bool subtract) {
  const Operand left(a, shift_a);
  const Operand right(b, shift_b);
  const Interval result = (std::int64_t{1} << shift_a) * a + (subtract ? -1 : 1) * ((std::int64_t{1} << shift_b) * b);
  const int passed = shift_b > 0 ? shift_b : (subtract ? 0 : shift_a);
  const int bits = value_bits(result);
  int pairs = 0;
  // A pair comes again only in the next bit, where both operands are at their sign.
  int last_left = -1;
  int last_right = -1;
  std::bitset<64> inverted_left;
  std::bitset<64> inverted_right;
  for (int position = passed; position < bits; ++position) {
    const int left_bit = left.varying(position);
    const int right_bit = right.varying(position);
    if (left_bit >= 0 && right_bit >= 0) {
      pairs += left_bit != last_left || right_bit != last_right ? 1 : 0;
      last_left = left_bit;
      last_right = right_bit;
    } else if (left_bit >= 0 && right.constant(position) != subtract) {
      inverted_left.set(static_cast<std::size_t>(left_bit));
    } else if (right_bit >= 0 && left.constant(position) != subtract) {
      inverted_right.set(static_cast<std::size_t>(right_bit));
    }
  }
  return pairs + static_cast<int>(inverted_left.count() + inverted_right.count());
}

}  // namespace rtlgen
