// An instance of a module.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ir/numerics/format.hpp"
#include "rtlgen/netlist/cost.hpp"
#include "rtlgen/netlist/expression.hpp"

namespace rtlgen {

/// What a cell of a core does.
enum class CellKind { unit, delay_line, event_buffer, control };

/// One module instance; parameters and ports keep their order.
struct Cell {
  std::string module;
  std::string name;
  CellKind kind = CellKind::unit;
  std::string owner;  ///< node of the IR that it is for; empty where it serves many
  Cost cost;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::vector<std::pair<std::string, Expression>> ports;

  Cell(std::string module, std::string name, CellKind kind = CellKind::unit)
      : module(std::move(module)), name(std::move(name)), kind(kind) {}

  /// Adds a parameter with a plain number.
  Cell& with(const std::string& parameter, std::int64_t value);
  /// Adds a parameter with a Verilog expression.
  Cell& with(const std::string& parameter, const std::string& value);
  /// Adds the parameters SHIFT, OUT_W, OUT_SIGNED, ROUNDING and OVERFLOW of a requantizer; see rtl_lib/requantize.v.
  Cell& with_quantizer(int input_frac, const Quantizer& quantizer);
  /// Connects a port.
  Cell& port(const std::string& port_name, const Expression& expression);
  /// Connects a port to the net of its own name, a single wire.
  Cell& port(const char* port_name) { return port(port_name, port_name); }
};

}  // namespace rtlgen
