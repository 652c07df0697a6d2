// Sums that become part of the matrix product in front of them.
#pragma once

#include "ir/graph.hpp"

namespace rtlgen {

/// Where a dense node that rounds nothing is read by an add node alone, the add node becomes the dense one with the
/// other operand as its addend; and a quantizer behind a sum that rounds nothing becomes its format. No value changes.
Graph absorb_sums(const Graph& graph);

}  // namespace rtlgen
