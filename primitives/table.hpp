// table: any function of one number, as a literal table.
#pragma once

#include <memory>

#include "primitives/primitive.hpp"

namespace rtlgen {

/// y = values[x - min of x's bus format], elementwise. Attributes: index_width integer (the bits of x that address the
/// table, two's complement if index_signed 1, else unsigned), values literal [2^index_width] in order of the unsigned
/// address, output quantizer (its format only). RTL: one generated ROM module, latency 1.
std::unique_ptr<Primitive> make_table();

/// Widest address of a table.
constexpr int kMaxTableBits = 12;

}  // namespace rtlgen
