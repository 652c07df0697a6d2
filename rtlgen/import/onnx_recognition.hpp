// Layers that ONNX graphs spell out in small operations.
#pragma once

#include "rtlgen/import/onnx_value.hpp"

namespace rtlgen {

/// a * b where that is GELU (x * (1 + erf(x / sqrt(2))), scaled, or by tanh), SiLU (x * sigmoid(x), scaled), hard
/// swish, a square, a cube or a part of a layer norm; a and b are tensors of the network of equal shapes, or one has
/// one feature. Nothing where it is none of these.
std::optional<std::size_t> recognize_product(OnnxNetwork& network, std::size_t a, std::size_t b, const NetNode& origin);

/// a / b where that is a softsign, x / (1 + |x|), or a layer norm, with or without subtraction of the mean: a = x -
/// mean(x), b = sqrt(mean(a^2) + eps).
std::optional<std::size_t> recognize_quotient(OnnxNetwork& network, std::size_t a, std::size_t b,
                                              const NetNode& origin);

/// 1 / sqrt(variance + eps) times a factor for each feature of the tensor that the variance is of; nothing where
/// `inverse` is no such number.
std::optional<std::size_t> recognize_gain(OnnxNetwork& network, std::size_t inverse, const std::vector<double>& factors,
                                          const NetNode& origin);

/// a + b where both are parts of a layer norm: x * gain and mean(x) * gain, scaled and moved.
std::optional<std::size_t> recognize_norm_sum(OnnxNetwork& network, std::size_t a, std::size_t b,
                                              const NetNode& origin);

}  // namespace rtlgen
