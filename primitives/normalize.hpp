// normalize: layer norm (or RMS norm) over the features of a token, without scale and offset.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// Widest V, the scaled variance plus epsilon, in bits.
constexpr int kMaxVarianceWidth = 60;
/// Bits of V for an operand: an even number. `epsilon` in units of V.
int normalize_variance_width(const TensorType& x, bool center, std::int64_t epsilon);

/// With d features: e_i = d x_i - sum x (center 1) or x_i (center 0); V = sum e_i^2 + epsilon, all exact. V is brought
/// to [1, 4) by an even shift of 2z, its top bits address rsqrt_table, and y_i = requantize((e_i << z) * R).
/// Attributes: center 0|1, epsilon integer (in units of V), rsqrt_table literal, rsqrt_width, rsqrt_scale (fraction
/// bits of R), output quantizer. RTL: normalize, one a lane.
std::unique_ptr<Primitive> make_normalize();

/// Table and scale of R ~ sqrt(d / m) for m in [1, 4) addressed by its `index` top bits (the first quarter is never
/// used).
struct RsqrtTable {
  Literal table;
  int width = 0;
  int scale = 0;
};
RsqrtTable make_rsqrt_table(int features, int index, int width);

}  // namespace rtlgen
