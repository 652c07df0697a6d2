// Adder networks in parts that can be changed independently.
#pragma once

#include <random>
#include <vector>

#include "primitives/cmvm/adder_network.hpp"

namespace rtlgen {

/// Which part each adder of a network belongs to. A value that another part reads is shared: it stays, and from its
/// level on every part may read it. Levels rise from operands to users, so that whatever the parts become, they do not
/// read each other in circles.
struct NetworkPartition {
  int parts = 1;
  std::vector<int> part;     ///< by value; -1 for what is no adder
  std::vector<int> level;    ///< by value
  std::vector<bool> shared;  ///< by value
};

/// A random partition into parts of about the same size with few shared values: all that is shared cannot be taken out.
NetworkPartition partition_network(const AdderNetwork& network, int parts, std::mt19937_64& random);

}  // namespace rtlgen
