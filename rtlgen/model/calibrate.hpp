// Number formats from sample values.
#pragma once

#include "ir/events.hpp"
#include "ir/numerics/format.hpp"

namespace rtlgen {

/// The format of `bits` bits that suits the values (rows x columns, all alike): unsigned where none is negative. Up to
/// 11 bits the binary point with the least squared error is taken, clipping included, of each row relative to its
/// squares, over all rows or a sample of whole ones (sample_indices); from 12 bits on the largest value keeps a margin
/// of an eighth, since unseen events go further.
Format calibrated_format(const RowMatrix& values, int bits);

/// Whole bits (sign included) that hold every magnitude up to `largest` when signed.
int integer_bits(double largest);

/// The rows of `values` ([events * tokens, n]) whose token is real.
RowMatrix real_tokens(const RowMatrix& values, const Events& events);

}  // namespace rtlgen
