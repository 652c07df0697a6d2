// softmax: 2^x_f / sum 2^x over the features of a token.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// x' = x - max(x); e = exp2(x'); y = requantize(e * reciprocal(sum e)). x must have exp_frac fraction bits.
/// Attributes: exp_table, exp_width, recip_table, recip_width, recip_lz_max, output quantizer. RTL: softmax, one a
/// lane.
std::unique_ptr<Primitive> make_softmax();

}  // namespace rtlgen
