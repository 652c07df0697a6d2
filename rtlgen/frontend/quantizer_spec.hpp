// Quantizers of quantize layers, from the description and the weight file.
#pragma once

#include "rtlgen/model/uniform_quantizer.hpp"
#include "rtlgen/frontend/layer_spec.hpp"
#include "rtlgen/frontend/weight_file.hpp"

namespace rtlgen {

/// The quantizer of a quantize layer of shape [tokens, features]: what `spec` leaves open comes from the arrays
/// `NAME.scale`, `NAME.zero_point`, `NAME.bits`, `NAME.width`, `NAME.integer` and `NAME.signed`, each [features], or
/// [tokens, features] where formats are said to be per token. The result has `features` quantizers, or tokens *
/// features where tokens differ. Throws SourceError.
UniformQuantizer make_quantizer(const LayerSpec& spec, const WeightFile& weights, int tokens, int features);

}  // namespace rtlgen
