// table: any function of one number, as a literal table.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y_f = values[the low bits of x_f], elementwise. Attributes: index_width integer (the bits of x that address the
/// table, two's complement if index_signed 1, else unsigned), values literal [2^index_width] in order of the unsigned
/// address, or [features, 2^index_width]: a table for each feature; output quantizer (its format only); index_low
/// integer, optional: the address is the highest bits of x and, below them, its index_low lowest ones; those between
/// are not looked at. RTL: a generated ROM module for each table, latency 1.
std::unique_ptr<Primitive> make_table();

/// Widest address of a table.
constexpr int kMaxTableBits = 12;

}  // namespace rtlgen
