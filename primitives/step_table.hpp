// step_table: a function of one number that changes at a few places.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y_f = values[number of thresholds that are at most x_f], with a row of thresholds and values for each feature or one
/// for all. Attributes: thresholds literal [1 or features, n], not falling along a row, values literal [the same, n +
/// 1], output quantizer (its format only). RTL: rtl_lib/step_table.v, one an element.
std::unique_ptr<Primitive> make_step_table();

/// Most thresholds of a row.
constexpr int kMaxThresholds = 4095;

}  // namespace rtlgen
