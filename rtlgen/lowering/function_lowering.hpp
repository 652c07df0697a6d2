// Functions of one number whose results are rounded to a format, as operations of the integer IR.
#pragma once

#include <optional>
#include <string>

#include "ir/graph.hpp"
#include "ir/numerics/format.hpp"

namespace rtlgen {

struct FunctionSpec {
  std::string function;  ///< of activation_function(), or `linear`
  double slope = 0;      ///< of leaky_relu
  Quantizer output;
  int table_bits = 10;         ///< most address bits of a table
  std::optional<Format> seen;  ///< what holds the numbers that occur; nothing: any of the operand may
};

struct LoweredFunction {
  Graph::NodeId node = 0;
  double error = 0;        ///< the most that a result is off before it is rounded
  bool is_coarse = false;  ///< that is much for the format
};

/// Appends the function of x, whose mantissas are real numbers but for the binary point; nodes are `name` and `name`.*.
/// What is linear on both sides of 0 is computed so. Else it is a table of all numbers where x has few bits; or the
/// first of these that is not off too far: a table of rounded numbers; a line and a table of the rest, where the
/// function approaches one; two tables whose entries are added; a line and two tables. Throws IrError.
LoweredFunction lower_function(Graph& graph, Graph::NodeId x, const FunctionSpec& spec, const std::string& name);

}  // namespace rtlgen
