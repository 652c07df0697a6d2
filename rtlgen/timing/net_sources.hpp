// What drives every net: whether a cell that reads it can stand beside it.
#pragma once

#include <vector>

#include "rtlgen/timing/flat_netlist.hpp"

namespace rtlgen {

enum class NetSource : unsigned char {
  none,  ///< nothing, or a constant
  port,  ///< a port of the top
  flip_flop,
  lut,
  wide_mux,
  carry_sum,   ///< O of a CARRY4
  carry_out,   ///< CO of a CARRY4
  carry_last,  ///< the last CO of a CARRY4, which leads into the next one
  lutram,      ///< a memory or shift register of LUTs
  dsp,
  block_ram,
};

/// By net. Throws std::runtime_error on a cell of an unknown type.
std::vector<NetSource> net_sources(const FlatNetlist& netlist);

}  // namespace rtlgen
