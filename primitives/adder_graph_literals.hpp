// An adder graph as literals of an IR node.
#pragma once

#include <vector>

#include "ir/graph.hpp"
#include "primitives/cmvm/adder_graph.hpp"

namespace rtlgen {

/// The nodes behind the inputs: [nodes, 5], a row of a, b, shift_a, shift_b, subtract for an adder, and of -1, value,
/// 0, 0, 0 for a constant. If any adder has three operands it is [nodes, 7], with c and shift_c in the last columns,
/// -1 and 0 where there is no third operand.
Literal adder_literal(const AdderGraph& graph);
/// Where the outputs are: [outputs, 2], node and shift.
Literal sum_literal(const AdderGraph& graph);

/// The graph that two such literals stand for, with intervals, exactly, and levels. Throws IrError where they are no
/// graph over these inputs.
AdderGraph adder_graph(const Literal& adders, const Literal& sums, const std::vector<Interval>& inputs);

}  // namespace rtlgen
