// When adders of three operands begin and end, while the graph is being searched for.
#pragma once

#include <algorithm>

#include "primitives/cmvm/adder_graph.hpp"

namespace rtlgen {

/// The adder levels of adders of three operands, which take kTernaryLevels in one stage.
class TernaryLevels {
 public:
  /// There are no such adders.
  TernaryLevels() = default;
  /// With `levels` adder levels between two registers; 0: there are no registers, 1: no adder of three operands fits.
  explicit TernaryLevels(int levels) : allowed_(levels != 1), levels_(levels) {}

  bool allowed() const { return allowed_; }

  /// The level at which a sum is there whose operands are there at `operands`: where it would not end before the next
  /// register it begins behind it. As earliest_level().
  int behind(int operands) const {
    const int over = levels_ == 0 ? 0 : operands % levels_ + kTernaryLevels - levels_;
    return operands + kTernaryLevels + (over > 0 ? levels_ - operands % levels_ : 0);
  }
  /// The latest level of operands of a sum that must be there at `sum`.
  int before(int sum) const {
    const int begin = sum - kTernaryLevels;
    const int over = levels_ == 0 ? 0 : begin % levels_ + kTernaryLevels - levels_;
    return begin - std::max(0, over);
  }

 private:
  bool allowed_ = false;
  int levels_ = 0;
};

}  // namespace rtlgen
