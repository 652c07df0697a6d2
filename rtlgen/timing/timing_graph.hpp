// The ways that signals take through a netlist, with their delays.
#pragma once

#include <string>
#include <vector>

namespace rtlgen {

/// What a way passes, for counting.
enum class ArcKind : unsigned char {
  lut,          ///< a LUT, with the net in front of it
  wide_mux,     ///< a MUXF
  carry_enter,  ///< into a carry chain, through the first CARRY4
  carry_next,   ///< from a CARRY4 into the next
  memory,       ///< a memory of LUTs, from its address
  dsp,          ///< into a DSP block, through its multiplier
  inside,       ///< further inside of what was entered
};

/// A way from a node to a node. A node is a net, or a place inside of a carry chain.
struct TimingArc {
  int from = 0;
  int to = 0;
  int delay = 0;  ///< ps
  ArcKind kind = ArcKind::lut;
  int cell = 0;
};

/// Where a way begins: a register's output, or a port of the top.
struct TimingStart {
  int node = 0;
  int delay = 0;  ///< from the clock's edge, ps
  std::string name;
};

/// Where a way ends: a register's input, or a port of the top.
struct TimingEnd {
  int node = 0;
  int delay = 0;  ///< from the node to the end, with setup, ps
  int cell = -1;  ///< -1: a port
  std::string name;
};

/// A product with one register behind it: the block's M register, or its P register (see dsp_registers.hpp). The delays
/// of its starts and its end follow from the choice.
struct ProductChoice {
  int end = 0;              ///< its operands, by number
  std::vector<int> starts;  ///< bits of its register, by number
  bool middle = false;      ///< the register is M
};

struct TimingGraph {
  int nodes = 0;
  std::vector<TimingArc> arcs;
  std::vector<TimingStart> starts;
  std::vector<TimingEnd> ends;
  std::vector<ProductChoice> products;
};

}  // namespace rtlgen
