// From a netlist to the ways of its signals.
#pragma once

#include "rtlgen/device/device.hpp"
#include "rtlgen/timing/flat_netlist.hpp"
#include "rtlgen/timing/timing_graph.hpp"

namespace rtlgen {

/// Ways by the simple delay model of docs/timing.md. Throws std::runtime_error on a cell that it does not know.
TimingGraph build_timing_graph(const FlatNetlist& netlist, const Delays& delays);

/// Sets the delays of a product's end and starts as its choice says.
void apply_choice(const ProductChoice& product, const Delays& delays, TimingGraph& graph);

}  // namespace rtlgen
