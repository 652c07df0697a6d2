// What rounding and limiting make of a range.
#pragma once

#include "ir/numerics/interval.hpp"
#include "ir/numerics/rounding.hpp"

namespace rtlgen {

/// What can come out of requantize() for the mantissas of an interval.
Interval requantize(const Interval& x, int frac, const Quantizer& quantizer, bool relu = false);

}  // namespace rtlgen
