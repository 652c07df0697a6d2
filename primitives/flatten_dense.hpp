// flatten_dense: all tokens of an event, flattened, times a constant matrix; accumulated beat by beat.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y = requantize(relu?(b + sum over tokens t, features f of W[o, t * features + f] x[t, f])). Attributes: weight
/// literal [out, tokens * features], bias literal [out] at the accumulator's fraction, weight_frac integer, relu 0|1,
/// output quantizer. RTL: beat_dense with a generated ROM of weights.
std::unique_ptr<Primitive> make_flatten_dense();

}  // namespace rtlgen
