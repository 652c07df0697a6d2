// What the cells of a mapped netlist are to a walk over its paths.
#pragma once

#include <string>

namespace rtlgen {

enum class CellKind {
  lut,             ///< LUT1 to LUT6, INV
  wide_mux,        ///< MUXF7 to MUXF9
  carry,           ///< CARRY4, CARRY8
  flip_flop,       ///< FDRE and its kind
  shift_register,  ///< SRL16E, SRLC32E
  lutram,          ///< RAM32M and its kind
  block_ram,       ///< RAMB18, RAMB36, URAM288
  dsp,             ///< DSP48E1, DSP48E2
};

/// Throws std::runtime_error on a type that is none of these.
CellKind cell_kind(const std::string& type);

/// Whether a port of a cell is its clock.
bool is_clock_port(CellKind kind, const std::string& port);

}  // namespace rtlgen
