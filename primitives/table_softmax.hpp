// table_softmax: softmax over the features of a token, both of its functions by literal tables.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// Of each group of features: e_f = exp_table[requantize(max x - x_f)]; r = inv_table[requantize(sum e)];
/// y_f = requantize(e_f * r). Groups, and a mask as second operand, are as SoftmaxGroups says; e is 0 for padding
/// tokens, which count for the maximum. Attributes: exp_index and inv_index quantizers (the code, in two's complement
/// or unsigned, is the address), exp_table and inv_table literals [2^width of the index] of unsigned entries, exp_frac
/// and inv_frac integers (their fraction bits), groups (optional), output quantizer. RTL: table_softmax, one a lane and
/// group.
std::unique_ptr<Primitive> make_table_softmax();

/// Most bits of an entry of its tables.
constexpr int kMaxSoftmaxEntryBits = 24;

}  // namespace rtlgen
