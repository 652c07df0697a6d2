// Functions of real numbers between integers: exact tables.
#pragma once

#include <string>

#include "rtlgen/lowering/exact_tensor.hpp"
#include "rtlgen/model/uniform_quantizer.hpp"

namespace rtlgen {

/// Whether an activation function never falls after it has risen.
bool is_monotonic(const std::string& function);

/// The quantized tensor behind functions (ExactTensor::steps): each code is what `quantizer` makes of the functions in
/// doubles, for every mantissa that can occur. A node `name` that is a `table` where the mantissas have at most 12 bits
/// (for each feature one, where they differ) and a `step_table` where they have more; sums are made in a node
/// `name`.sum before it. Throws IrError where more than 4095 thresholds or, for functions that rise and fall, more than
/// 2^22 numbers would have to be looked at.
ExactTensor quantize_function(Graph& graph, const ExactTensor& tensor, const UniformQuantizer& quantizer,
                              const std::string& name);

}  // namespace rtlgen
