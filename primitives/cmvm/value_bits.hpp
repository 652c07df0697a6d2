// How the value of an adder graph's node is carried on wires, given every value that can occur.
#pragma once

#include <string>

#include "ir/numerics/interval.hpp"

namespace rtlgen {

/// Low bits that vary: those below the bits that both ends have in common, or the whole two's complement number if it
/// can be negative or not. 0: a constant. Only these bits are wires or registers.
int value_bits(const Interval& interval);

/// Bits of the narrowest number that holds the interval, at least 1: two's complement if it goes below 0, unsigned
/// otherwise. The value_bits() low ones vary; those above are constant.
int carried_bits(const Interval& interval);

/// Bit `index` above the varying ones, or of a constant: the same for every value of the interval. The interval must
/// not have values on both sides of 0, where that bit is the sign.
bool constant_bit(const Interval& interval, int index);

/// Verilog of `count` constant bits from bit `first` on, such as 3'b101.
std::string constant_bits(const Interval& interval, int first, int count);

}  // namespace rtlgen
