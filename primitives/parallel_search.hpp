// The search of large adder networks on several threads.
#pragma once

#include <cstdint>

#include "primitives/adder_network.hpp"

namespace rtlgen {

/// How a network is searched in parts. None of these depends on the machine, so that the result does not either.
struct ParallelSearch {
  int parts = 4;              ///< searched independently of each other
  long moves_per_adder = 2;   ///< until the parts are put together and cut anew
  std::uint64_t seed = 1;
  unsigned threads = 0;  ///< 0: as many as there are processors. The result is the same for any number.
};

/// Tries `moves` neighbourhoods in all, as AdderSearch does. Outputs must be the first adders; they keep their numbers.
void search_in_parts(AdderNetwork& network, long moves, const ParallelSearch& options);

}  // namespace rtlgen
