// The acceptance rule of simulated annealing, the same on every machine.
#pragma once

#include <cstdint>
#include <random>

namespace rtlgen {

/// Whether to accept a change of the cost by `change` at a temperature (Metropolis et al., J. Chem. Phys. 21, 1953), in
/// units of the cost and per factor of two: a loss of one temperature is accepted about half of the time.
inline bool accept_change(double change, double temperature, std::mt19937_64& random) {
  if (change <= 0) {
    return true;
  }
  // -log2 of a uniform number, taken as linear between powers of two: library logarithms differ in their last bits.
  const std::uint64_t word = random() | 1U;
  const int zeros = __builtin_clzll(word);
  const double fraction = static_cast<double>((word << zeros << 1) >> 12) / 4503599627370496.0;
  return change < temperature * (zeros + 1 - fraction);
}

}  // namespace rtlgen
