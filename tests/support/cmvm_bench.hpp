// Random constant matrices and the simulation of what is made of them.
#pragma once

#include <map>
#include <string>

#include "rtlgen/deliver/cmvm.hpp"
#include "tests/support/dice.hpp"

namespace rtlgen::testing {

/// Up to `size` inputs and outputs, weights of up to `bits` bits and a sign; rows and columns of zeros occur.
IntegerMatrix random_matrix(Dice& dice, int size, int bits);

/// A format of all inputs of up to `bits` bits, or an interval for each.
VectorFormat random_vector_format(Dice& dice, int inputs, int bits);

/// The module and the library modules it uses, simulated with a testbench that prints one line: that line, or all that
/// the tools say.
std::string simulate_cmvm(const std::map<std::string, std::string>& files, const std::string& testbench);

/// The same for what is made of `cmvm` and its own testbench.
std::string simulate_cmvm(const Cmvm& cmvm);

}  // namespace rtlgen::testing
