// Rounding and overflow of whole tensors, and what a requantizer costs.
#pragma once

#include <vector>

#include "ir/numerics/interval_rounding.hpp"
#include "ir/numerics/rounding.hpp"
#include "ir/tensor_type.hpp"
#include "primitives/pipeline.hpp"
#include "primitives/primitive.hpp"

namespace rtlgen {

/// Farthest that two binary points may be apart.
constexpr int kMaxShift = 48;

/// requantize() of ir/numerics/rounding.hpp on every element, in place, in doubles: exact for |x| < 2^51.
void requantize(Mantissas& x, int frac, const Quantizer& quantizer, bool relu = false);

/// Type of a tensor of exact type `exact` behind a requantizer.
TensorType requantized_type(const TensorType& exact, const Quantizer& quantizer, bool relu = false);

/// The steps of `count` requantizers (rtl_lib/requantize.v) of numbers of `input_width` bits: rounding and fitting.
std::vector<Step> requantize_steps(const DeviceModel& device, int input_width, int frac, const Quantizer& quantizer,
                                   bool relu = false, long count = 1);
/// Estimated logic of one requantizer.
Cost requantize_cost(int input_width, int frac, const Quantizer& quantizer, bool relu = false);
/// The lowest bits of a number of `frac` fraction bits that its quantizer does not read: no register holds them.
int unread_bits(int frac, const Quantizer& quantizer);

}  // namespace rtlgen
