// Requantizers that differ from element to element: rules, and what they cost.
#pragma once

#include <vector>

#include "ir/numerics/format_array.hpp"
#include "primitives/primitive.hpp"
#include "primitives/requantize.hpp"

namespace rtlgen {

/// Throws IrError unless the formats are of `shape` ([features] or [tokens, features]) or one for all, each fits into
/// that of the tensor, and limits are of [features] and within the format of their feature.
void require_formats(const NodeView& view, const FormatArray& formats, const std::vector<int>& shape);

/// Of each of `count` elements.
std::vector<ElementFormat> element_formats(const FormatArray& formats, std::size_t count);

/// Sums with `frac` fraction bits to mantissas of the result, feature by feature, in place.
void requantize(Mantissas& sums, int frac, const FormatArray& formats, bool relu);

/// Type of a tensor of exact type `exact` behind requantizers of features.
TensorType requantized_type(const TensorType& exact, const FormatArray& formats, bool relu);

/// The steps of requantizers and limiters of sums of these intervals, with `frac` fraction bits: rounding, and fitting
/// into the formats.
std::vector<Step> requantize_steps(const DeviceModel& device, const std::vector<Interval>& sums, int frac,
                                   const FormatArray& formats, bool relu);
/// Estimated logic of an element, for a sum of `width` bits; without registers.
Cost requantize_cost(int width, int frac, const ElementFormat& element, bool relu);

}  // namespace rtlgen
