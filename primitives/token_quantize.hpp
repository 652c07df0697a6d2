// token_quantize: constants and number formats that differ from token to token.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y_tf = requantize(relu?(x_tf + bias_tf), Q_tf) for token t and feature f. Attributes: bias [tokens, features] with
/// bias_frac fraction bits (optional), relu 0|1, output quantizer, formats [tokens, features, 3] (optional;
/// docs/ir.md). RTL: a generated module of requantize, token_constant and token_requantize, latency 1.
std::unique_ptr<Primitive> make_token_quantize();

}  // namespace rtlgen
