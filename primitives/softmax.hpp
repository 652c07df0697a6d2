// softmax: 2^x_f / sum 2^x over groups of features of a token, or over the keys of an event.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// Widest operand.
constexpr int kMaxSoftmaxWidth = 32;

/// Of each group of features: x' = x - max(x); e = exp2(x'); y = requantize(e * reciprocal(sum e)). x must have
/// exp_frac fraction bits. Groups, and a mask as second operand, are as SoftmaxGroups says; padding tokens do not count
/// for the maximum. Attributes: exp_table, exp_width, recip_table, recip_width, recip_lz_max, groups (optional), output
/// quantizer. RTL: softmax, one a lane and group.
std::unique_ptr<Primitive> make_softmax();

}  // namespace rtlgen
