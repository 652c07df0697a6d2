// Layers that ONNX graphs spell out in small operations.
#pragma once

#include "rtlgen/import/onnx_value.hpp"

namespace rtlgen {

/// a * b where that is GELU (x * (1 + erf(x / sqrt(2))), scaled), SiLU (x * sigmoid(x), scaled), a square or a layer
/// norm; a and b are tensors of the network of equal shapes, or b has one feature. Nothing where it is none of these.
std::optional<std::size_t> recognize_product(OnnxNetwork& network, std::size_t a, std::size_t b, const NetNode& origin);

/// a / b where that is a layer norm, with or without subtraction of the mean: a = x - mean(x), b = sqrt(mean(a^2) +
/// eps).
std::optional<std::size_t> recognize_quotient(OnnxNetwork& network, std::size_t a, std::size_t b,
                                              const NetNode& origin);

}  // namespace rtlgen
