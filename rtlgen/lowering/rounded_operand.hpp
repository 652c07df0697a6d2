// Operands of functions and softmaxes that know nothing of scales, from tensors with any scale.
#pragma once

#include <string>

#include "rtlgen/lowering/exact_tensor.hpp"

namespace rtlgen {

/// The largest magnitude of the tensor's numbers.
double largest_magnitude(const Graph& graph, const ExactTensor& tensor);

/// The tensor, which has no functions, in a format for all features: its factors are rounded to `factor_bits` bits
/// first and its offsets to 1/64 of a step, so that all is shifts and additions. Throws IrError.
Graph::NodeId rounded_operand(Graph& graph, const ExactTensor& tensor, const Format& format, int factor_bits,
                              const std::string& name);

}  // namespace rtlgen
