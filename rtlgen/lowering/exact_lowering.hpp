// Exact tensors into operations of the integer IR.
#pragma once

#include <string>

#include "rtlgen/lowering/exact_tensor.hpp"
#include "rtlgen/model/uniform_quantizer.hpp"

namespace rtlgen {

/// The tensor as the integers of a node, nothing rounded. Throws IrError where limits fall between integers, and for
/// tensors with functions.
ExactTensor materialize(Graph& graph, const ExactTensor& tensor, const std::string& name);

/// Which of the numbers of a tensor must get the code of the real formula.
enum class Equality {
  everywhere,  ///< all: the quantizer is one of the model
  nearly       ///< those near a boundary between two codes may get the other one
};

/// Whether the quantizer leaves every number that the tensor can be as it is.
bool is_unchanged(const Graph& graph, const ExactTensor& tensor, const UniformQuantizer& quantizer);

/// The quantized tensor; nodes are called `name` and, where the sums are made on their own, `name`.sum. Scales that are
/// powers of two (or have few bits) are shifts in one operation; others become multiplications with whole numbers that
/// give the same result for every sum that can occur (fit_steps), functions become tables (quantize_function). Where
/// there is no such number, those of many bits do for Equality::nearly, whose format is one for all features; else
/// IrError is thrown.
ExactTensor quantize_exact(Graph& graph, const ExactTensor& tensor, const UniformQuantizer& quantizer,
                           const std::string& name, Equality equality = Equality::everywhere);

}  // namespace rtlgen
