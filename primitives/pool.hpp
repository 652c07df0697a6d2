// pool: the tokens of an event into one.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// Operands x and, for masked events, the mask. Over the c real tokens: mean: requantize(sum * scales[c]); sum:
/// requantize(sum); max: requantize(max), 0 where c = 0. Attributes: mode text mean|sum|max, scales literal [tokens +
/// 1] and scale_width (mean only; scales[c] has scale_width - 1 fraction bits), output quantizer. RTL: pool.
std::unique_ptr<Primitive> make_pool();

/// scales[c] = 1/c rounded to width - 1 fraction bits; scales[0] = 0.
Literal make_mean_scales(int tokens, int width);

}  // namespace rtlgen
