// An adder graph cut into pipeline stages.
#pragma once

#include <string>
#include <vector>

#include "primitives/cmvm/adder_graph.hpp"

namespace rtlgen {

/// When each value of an adder graph is computed. Stage s is what lies behind s registers; inputs are in stage 0, and a
/// value that is read in a later stage than its own passes a register a stage.
struct AdderPipeline {
  AdderGraph graph;
  std::vector<int> stage;     ///< per node: where it is computed
  std::vector<int> last_use;  ///< per node: the last stage that reads it; -1: nothing that matters does
  int output_stage = 0;       ///< where all outputs are read

  /// Registers between inputs and outputs.
  int latency() const { return output_stage; }
  /// Whether the node is a wire: read by something, and not constant.
  bool is_wire(int node) const;
  /// Adders that are wires, and those of them with three operands.
  int adders() const;
  int ternary_adders() const;
  /// Bits of all registers.
  int register_bits() const;
  /// What contradicts a pipeline with at most `levels` adder levels between two registers (0: any number), of which
  /// outputs leave room for `output_levels` levels of other logic in their stage, and `start` levels lie in front of
  /// the inputs; empty: nothing.
  std::string problem(int levels, int output_levels = 0, int start = 0) const;
};

/// Fills in the rest for given stages, of any origin: one a node, 0 for constants. Throws std::logic_error where a
/// value would be read before it is there.
AdderPipeline make_adder_pipeline(AdderGraph graph, std::vector<int> stage, int output_stage);

/// The adder level, counted from the inputs, in which a node is there whose operands are in level `ready`: a ternary
/// adder waits for a register where it would not fit before it.
int earliest_level(const AdderGraph::Node& node, int ready, int levels);

/// The stage of every node as soon as possible: `levels` adder levels between two registers, 0: all in stage 0; the
/// inputs come behind `start` levels of other logic.
std::vector<int> earliest_stages(const AdderGraph& graph, int levels, int start = 0);

/// Adder levels until all outputs are there: those in front of the inputs, the depth, and what is lost where a ternary
/// adder waits for a register because it would not fit before it. With 0 there are no registers.
int levels_needed(const AdderGraph& graph, int levels, int start = 0);

/// Stages that the graph needs: the levels needed divided by `levels`, at least 1.
int stages_needed(const AdderGraph& graph, int levels);

}  // namespace rtlgen
