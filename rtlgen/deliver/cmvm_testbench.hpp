// A self-checking testbench for the module `cmvm`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rtlgen/deliver/cmvm.hpp"

namespace rtlgen {

/// Mantissas of one x each: corners (all inputs at an end, single inputs at an end, the largest and the smallest value
/// of every output), then random ones.
std::vector<std::vector<std::int64_t>> cmvm_vectors(const Cmvm& cmvm);

/// Verilog-2005 of the module cmvm_tb, which carries the vectors and their products with the matrix, sends one a clock
/// and prints PASS or FAIL with the number of vectors.
std::string cmvm_testbench(const Cmvm& cmvm);

}  // namespace rtlgen
