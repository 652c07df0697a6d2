#include "primitives/cmvm/adder_cost.hpp"

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>

#include "primitives/cmvm/value_bits.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kMostOperands = 3;

/// A shifted operand, bit by bit.
class ShiftedOperand {
 public:
  explicit ShiftedOperand(const AdderOperand& operand)
      : operand_(operand),
        bits_(value_bits(operand.interval)),
        has_sign_(operand.interval.lo < 0 && operand.interval.hi >= 0) {}

  /// The bit of the value that stands at `position`, -1 where that is a constant.
  int varying(int position) const {
    const int index = position - operand_.shift;
    return index < 0 ? -1 : (index < bits_ ? index : (has_sign_ ? bits_ - 1 : -1));
  }
  /// Whether what stands at `position` is inverted: nothing below the lowest bit is, where the carry comes in.
  bool inverted(int position) const { return position >= operand_.shift && operand_.negative; }
  /// The constant that is added at `position`.
  bool constant(int position) const {
    return position >= operand_.shift &&
           constant_bit(operand_.interval, position - operand_.shift) != operand_.negative;
  }

 private:
  const AdderOperand& operand_;
  int bits_;
  bool has_sign_;
};

/// Which bit of each operand stands at a position.
using BitsMet = std::array<int, kMostOperands>;

/// What a position hands to the next besides the carry of the chain: the majority of three bits.
struct Handed {
  bool varies = false;
  bool constant = false;
  BitsMet of{-1, -1, -1};

  bool operator==(const Handed& other) const {
    return varies == other.varies && constant == other.constant && of == other.of;
  }
};

Interval sum_of(const std::vector<AdderOperand>& operands) {
  Interval sum;
  for (const AdderOperand& operand : operands) {
    sum = sum + (operand.negative ? -1 : 1) * ((std::int64_t{1} << operand.shift) * operand.interval);
  }
  return sum;
}

}  // namespace

int adder_luts(const std::vector<AdderOperand>& operands) {
  std::vector<ShiftedOperand> shifted;
  shifted.reserve(operands.size());
  for (const AdderOperand& operand : operands) {
    shifted.emplace_back(operand);
  }
  const int bits = value_bits(sum_of(operands));
  int luts = 0;
  // A LUT comes again only in the next bit, where all operands are at their sign.
  BitsMet last_met{-1, -1, -1};
  Handed last_handed;
  std::array<std::bitset<64>, kMostOperands> inverted;
  Handed handed;
  for (int position = 0; position < bits; ++position) {
    BitsMet met{-1, -1, -1};
    int varying = 0;
    int ones = 0;
    bool flipped = handed.constant;  // of the only bit that varies, if there is no more than one
    std::size_t only = 0;
    for (std::size_t i = 0; i < shifted.size(); ++i) {
      met[i] = shifted[i].varying(position);
      if (met[i] >= 0) {
        ++varying;
        only = i;
        flipped = flipped != shifted[i].inverted(position);
      } else if (shifted[i].constant(position)) {
        ++ones;
        flipped = !flipped;
      }
    }
    if (varying + (handed.varies ? 1 : 0) >= 2) {
      luts += met != last_met || !(handed == last_handed) ? 1 : 0;
      last_met = met;
      last_handed = handed;
    } else if (varying == 1 && flipped) {
      inverted[only].set(static_cast<std::size_t>(met[only]));
    }
    // The chain adds two bits itself. Of more, the LUT makes one and hands on their majority.
    const bool compressed = varying + ones + (handed.varies || handed.constant ? 1 : 0) > 2;
    handed = {};
    if (compressed && ones >= 2) {
      handed.constant = true;
    } else if (compressed && varying + ones >= 2) {
      handed = {true, false, met};
    }
  }
  for (const std::bitset<64>& bits_inverted : inverted) {
    luts += static_cast<int>(bits_inverted.count());
  }
  return luts;
}

int adder_luts(const Interval& a, int shift_a, const Interval& b, int shift_b, bool subtract) {
  return adder_luts({{a, shift_a, false}, {b, shift_b, subtract}});
}

}  // namespace rtlgen
