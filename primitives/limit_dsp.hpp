// How many DSP blocks a core takes.
#pragma once

#include "ir/graph.hpp"

namespace rtlgen {

/// Sets what a DSP block is worth (Target::dsp_luts) to the least at which the graph takes at most `limit` of them: so
/// they stand where they save the most LUTs. With 0 there is none.
void limit_dsp(Graph& graph, int limit);

}  // namespace rtlgen
