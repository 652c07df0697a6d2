// Which values of an adder network are built as they are, and which negated.
#pragma once

#include <random>
#include <vector>

#include "primitives/cmvm/adder_network.hpp"

namespace rtlgen {

/// Decides for each value whether its negative is built instead, so that every adder has a positive operand and that
/// few bits are spent: an operand that is subtracted does not pass its low bits on, and outputs that come out negative
/// need an adder more. `outputs` are terms of the network's values, or of none.
std::vector<bool> choose_negated(const AdderNetwork& network, const std::vector<Term>& outputs,
                                 std::mt19937_64& random);

/// Interval of a value or of its negative.
Interval signed_interval(const NetworkValue& value, bool negated);

/// Adders of a network, operands before users.
std::vector<int> adders_in_order(const AdderNetwork& network);

}  // namespace rtlgen
