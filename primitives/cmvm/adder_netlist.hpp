// Verilog of a pipelined adder graph.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include "primitives/cmvm/adder_pipeline.hpp"

namespace rtlgen {

/// The text of an adder pipeline, in pieces for the module that it goes into. That module has a clock and the vector
/// that holds the inputs, and instantiates nothing called nX or add_X. Node X is wire nX, of value_bits() bits, and
/// nX_rK is the same K registers later.
class AdderNetlist {
 public:
  /// Input i stands at `bus`[i*stride +: stride]. The pipeline must outlive the netlist.
  AdderNetlist(const AdderPipeline& pipeline, std::string bus, int stride)
      : pipeline_(pipeline), bus_(std::move(bus)), stride_(stride) {}

  /// Wires, instances of shift_add and shift_add3, and registers.
  std::string body() const;
  /// Assignments of an `always @(posedge clk)` block; empty where there are no registers.
  std::string registers() const;
  /// Output `index`, in the output stage, as a two's complement expression of exactly `width` bits; these must be
  /// enough for its interval.
  std::string output(std::size_t index, int width) const;

 private:
  std::string name(int node, int stage) const;
  std::string operand(int node, int stage) const;
  std::string adder(int node) const;
  std::string ternary_adder(int node) const;

  const AdderPipeline& pipeline_;
  std::string bus_;
  int stride_;
};

}  // namespace rtlgen
