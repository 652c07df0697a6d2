#include "rtlgen/timing/dsp_registers.hpp"

#include <algorithm>
#include <string>

#include "rtlgen/timing/cell_kind.hpp"

namespace rtlgen {
namespace {

std::size_t index(int number) { return static_cast<std::size_t>(number); }

/// The nets of a flip-flop's clock, enable and reset: type, port and net, in the order of its pins.
std::vector<std::string> control_of(const FlatNetlist& netlist, const FlatCell& cell) {
  std::vector<std::string> control = {cell.cell->type};
  for (const MappedPin& pin : cell.cell->pins) {
    if (!pin.output && pin.port != "D") {
      control.push_back(pin.port + std::to_string(netlist.net(cell, pin)));
    }
  }
  return control;
}

/// The flip-flops that read all of `nets`, as they must to be one register; else none.
std::vector<int> register_behind(const FlatNetlist& netlist, const std::vector<int>& nets) {
  std::vector<int> cells;
  for (const int net : nets) {
    const Reader* const reader = netlist.readers_begin(net);
    if (netlist.readers_end(net) - reader != 1 || reader->cell < 0) {
      return {};
    }
    const FlatCell& cell = netlist.cells()[index(reader->cell)];
    if (cell_kind(cell.cell->type) != CellKind::flip_flop || cell.cell->pins[index(reader->pin)].port != "D") {
      return {};
    }
    cells.push_back(reader->cell);
  }
  const auto differs = [&](int cell) {
    return control_of(netlist, netlist.cells()[index(cell)]) != control_of(netlist, netlist.cells()[index(cells[0])]);
  };
  return std::any_of(cells.begin(), cells.end(), differs) ? std::vector<int>{} : cells;
}

/// Nets of the outputs of some cells, or of one port of them, that anything reads.
std::vector<int> read_outputs(const FlatNetlist& netlist, const std::vector<int>& cells) {
  std::vector<int> nets;
  for (const int cell : cells) {
    const FlatCell& flat = netlist.cells()[index(cell)];
    for (const MappedPin& pin : flat.cell->pins) {
      const int net = pin.output ? netlist.net(flat, pin) : kNoNet;
      if (net != kNoNet && netlist.readers_begin(net) != netlist.readers_end(net)) {
        nets.push_back(net);
      }
    }
  }
  return nets;
}

bool has_register(const MappedCell& cell, const char* name) {
  const auto found = cell.registers.find(name);
  return found != cell.registers.end() && found->second > 0;
}

bool only_operands_read(const FlatNetlist& netlist, int net) {
  const Reader* const end = netlist.readers_end(net);
  return netlist.readers_begin(net) != end && std::all_of(netlist.readers_begin(net), end, [&](const Reader& reader) {
           if (reader.cell < 0) {
             return false;
           }
           const MappedCell& cell = *netlist.cells()[index(reader.cell)].cell;
           return cell_kind(cell.type) == CellKind::dsp && is_operand_port(cell.pins[index(reader.pin)].port);
         });
}

}  // namespace

bool is_operand_port(const std::string& port) { return port == "A" || port == "B" || port == "D"; }

DspRegisters find_dsp_registers(const FlatNetlist& netlist) {
  DspRegisters result;
  result.operand.resize(netlist.cells().size(), false);
  std::vector<bool> taken(netlist.cells().size(), false);
  for (std::size_t c = 0; c < netlist.cells().size(); ++c) {
    const MappedCell& cell = *netlist.cells()[c].cell;
    if (cell_kind(cell.type) != CellKind::dsp || has_register(cell, "MREG") || has_register(cell, "PREG")) {
      continue;
    }
    ProductRegisters registers;
    registers.first = register_behind(netlist, read_outputs(netlist, {static_cast<int>(c)}));
    if (registers.first.empty()) {
      continue;
    }
    registers.second = register_behind(netlist, read_outputs(netlist, registers.first));
    for (const std::vector<int>* cells : {&registers.first, &registers.second}) {
      for (const int each : *cells) {
        taken[index(each)] = true;
      }
    }
    result.products[static_cast<int>(c)] = std::move(registers);
  }
  for (std::size_t c = 0; c < netlist.cells().size(); ++c) {
    if (cell_kind(netlist.cells()[c].cell->type) == CellKind::flip_flop && !taken[c]) {
      const std::vector<int> nets = read_outputs(netlist, {static_cast<int>(c)});
      result.operand[c] = nets.size() == 1 && only_operands_read(netlist, nets[0]);
    }
  }
  return result;
}

}  // namespace rtlgen
