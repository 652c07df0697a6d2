// The search of large adder networks on several threads.
#pragma once

#include <cstdint>

#include "primitives/cmvm/adder_network.hpp"

namespace rtlgen {

/// How a network is searched in parts.
struct ParallelSearch {
  int parts = 0;             ///< that are searched independently of each other; 0: as fits the size of the network
  long moves_per_adder = 1;  ///< until the parts are put together and the network is cut anew
  std::uint64_t seed = 1;
  unsigned threads = 0;  ///< 0: as many as there are processors. Any number gives the same network.
};

/// Tries about `moves` neighbourhoods in all, as AdderSearch does, but in several parts of the network at a time. What
/// parts share stays as it is until the network is cut anew. Outputs must be the first adders; they keep their numbers.
void search_in_parts(AdderNetwork& network, long moves, const ParallelSearch& options);

}  // namespace rtlgen
