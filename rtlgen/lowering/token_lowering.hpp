// Exact tensors with constants or formats that differ from token to token into operations of the integer IR.
#pragma once

#include <string>

#include "rtlgen/lowering/exact_tensor.hpp"
#include "rtlgen/model/uniform_quantizer.hpp"

namespace rtlgen {

/// A tensor with constants of tokens as the integers of a node, nothing rounded. Throws IrError where scales and
/// constants are no binary fractions of at most 48 bits.
ExactTensor materialize_tokens(Graph& graph, const ExactTensor& tensor, const std::string& name);

/// Whether a token_quantize can have the quantizer's formats: scales are powers of two, codes have all of a format's
/// values.
bool has_token_formats(const UniformQuantizer& quantizer);

/// The quantized tensor, where it has constants of tokens or `quantizer` has formats of tokens ([tokens * features] of
/// them), of which has_token_formats() holds. The node is called `name`, those before it, where they are needed,
/// `name`.exact and `name`.sum. Throws IrError as above.
ExactTensor quantize_tokens(Graph& graph, const ExactTensor& tensor, const UniformQuantizer& quantizer,
                            const std::string& name);

}  // namespace rtlgen
