#include "rtlgen/timing/cell_kind.hpp"

#include <stdexcept>

namespace rtlgen {
namespace {

bool starts_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

}  // namespace

CellKind cell_kind(const std::string& type) {
  if ((starts_with(type, "LUT") && type.size() == 4) || type == "INV") return CellKind::lut;
  if (starts_with(type, "MUXF")) return CellKind::wide_mux;
  if (type == "CARRY4" || type == "CARRY8") return CellKind::carry;
  if (starts_with(type, "FD")) return CellKind::flip_flop;
  if (starts_with(type, "SRL")) return CellKind::shift_register;
  if (starts_with(type, "RAMB") || starts_with(type, "URAM")) return CellKind::block_ram;
  if (starts_with(type, "RAM")) return CellKind::lutram;
  if (starts_with(type, "DSP48E")) return CellKind::dsp;
  throw std::runtime_error("no delay is known of a cell of type " + type);
}

bool is_clock_port(CellKind kind, const std::string& port) {
  switch (kind) {
    case CellKind::flip_flop:
      return port == "C";
    case CellKind::shift_register:
    case CellKind::dsp:
      return port == "CLK";
    case CellKind::lutram:
      return port == "WCLK";
    case CellKind::block_ram:
      return starts_with(port, "CLK");
    default:
      return false;
  }
}

}  // namespace rtlgen
