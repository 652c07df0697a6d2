#include "rtlgen/timing/net_sources.hpp"

#include "rtlgen/timing/cell_kind.hpp"

namespace rtlgen {
namespace {

std::size_t index(int number) { return static_cast<std::size_t>(number); }

NetSource source_of(CellKind kind, const MappedCell& cell, const MappedPin& pin) {
  switch (kind) {
    case CellKind::lut:
      return NetSource::lut;
    case CellKind::wide_mux:
      return NetSource::wide_mux;
    case CellKind::carry:
      if (pin.port == "O") return NetSource::carry_sum;
      return pin.index + 1 == (cell.type == "CARRY4" ? 4 : 8) ? NetSource::carry_last : NetSource::carry_out;
    case CellKind::flip_flop:
      return NetSource::flip_flop;
    case CellKind::shift_register:
    case CellKind::lutram:
      return NetSource::lutram;
    case CellKind::dsp:
      return NetSource::dsp;
    case CellKind::block_ram:
      return NetSource::block_ram;
  }
  return NetSource::none;
}

}  // namespace

std::vector<NetSource> net_sources(const FlatNetlist& netlist) {
  std::vector<NetSource> sources(index(netlist.net_count()), NetSource::none);
  for (const MappedPort& port : netlist.instances().front().module->ports) {
    for (const int net : port.nets) {
      if (!port.output && net != kNoNet) {
        sources[index(netlist.net_of(0, net))] = NetSource::port;
      }
    }
  }
  for (const FlatCell& cell : netlist.cells()) {
    const CellKind kind = cell_kind(cell.cell->type);
    for (const MappedPin& pin : cell.cell->pins) {
      if (pin.output) {
        sources[index(netlist.net(cell, pin))] = source_of(kind, *cell.cell, pin);
      }
    }
  }
  return sources;
}

}  // namespace rtlgen
