#include "rtlgen/timing/build_timing_graph.hpp"

#include <array>
#include <utility>

#include "rtlgen/timing/cell_kind.hpp"
#include "rtlgen/timing/dsp_registers.hpp"
#include "rtlgen/timing/net_sources.hpp"

namespace rtlgen {
namespace {

std::size_t index(int number) { return static_cast<std::size_t>(number); }

bool starts_with(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

/// What a flip-flop is to the DSP blocks around it.
enum class Role : unsigned char {
  plain,
  operand,         ///< A or B of blocks
  only_register,   ///< M or P of a block
  middle_of_two,   ///< M of a block whose P are flip-flops, too
  product_of_two,  ///< these
};

class GraphBuilder {
 public:
  GraphBuilder(const FlatNetlist& netlist, const Delays& delays)
      : netlist_(netlist),
        delays_(delays),
        sources_(net_sources(netlist)),
        registers_(find_dsp_registers(netlist)),
        roles_(netlist.cells().size(), Role::plain) {
    graph_.nodes = netlist.net_count();
  }

  TimingGraph build() {
    assign_roles();
    add_ports();
    for (std::size_t c = 0; c < netlist_.cells().size(); ++c) {
      add_cell(static_cast<int>(c));
    }
    add_products();
    return std::move(graph_);
  }

 private:
  void assign_roles() {
    for (std::size_t c = 0; c < roles_.size(); ++c) {
      if (registers_.operand[c]) roles_[c] = Role::operand;
    }
    for (const auto& [cell, registers] : registers_.products) {
      const bool two = !registers.second.empty();
      for (const int first : registers.first) roles_[index(first)] = two ? Role::middle_of_two : Role::only_register;
      for (const int second : registers.second) roles_[index(second)] = Role::product_of_two;
    }
  }

  // The surroundings of the top are taken for registers.
  void add_ports() {
    for (const MappedPort& port : netlist_.instances().front().module->ports) {
      for (const int inner : port.nets) {
        if (inner == kNoNet) continue;
        const int net = netlist_.net_of(0, inner);
        if (port.output) {
          graph_.ends.push_back({net, route(net) + delays_.setup, -1, netlist_.name_of(0, inner)});
        } else {
          graph_.starts.push_back({net, delays_.clock_to_out, netlist_.name_of(0, inner)});
        }
      }
    }
  }

  void add_cell(int c) {
    switch (cell_kind(cell(c).type)) {
      case CellKind::lut:
        return add_lut(c);
      case CellKind::wide_mux:
        return add_wide_mux(c);
      case CellKind::carry:
        return add_carry(c);
      case CellKind::flip_flop:
        return add_flip_flop(c);
      case CellKind::shift_register:
      case CellKind::lutram:
        return add_lutram(c);
      case CellKind::block_ram:
        return add_block_ram(c);
      case CellKind::dsp:
        return add_dsp(c);
    }
  }

  const MappedCell& cell(int c) const { return *netlist_.cells()[index(c)].cell; }
  int net(int c, const MappedPin& pin) const { return netlist_.net(netlist_.cells()[index(c)], pin); }
  NetSource source(int net) const { return sources_[index(net)]; }

  /// Out of the cell that drives a net, where that is a carry: its delay is that of the chain.
  int leave(int net) const {
    return source(net) == NetSource::carry_out || source(net) == NetSource::carry_last ? delays_.carry_out : 0;
  }
  int route(int net) const { return leave(net) + delays_.net; }

  void add_arc(int from, int to, int delay, ArcKind kind, int c) {
    if (from != kNoNet && to != kNoNet) graph_.arcs.push_back({from, to, delay, kind, c});
  }
  int add_node() { return graph_.nodes++; }

  /// The name of a register: that of the net at its output, where it is one bit.
  std::string register_name(int c, const char* part = "") const {
    const FlatCell& flat = netlist_.cells()[index(c)];
    if (cell_kind(flat.cell->type) == CellKind::flip_flop || cell_kind(flat.cell->type) == CellKind::shift_register) {
      for (const MappedPin& pin : flat.cell->pins) {
        if (pin.output) return netlist_.name_of(flat.instance, pin.net);
      }
    }
    return netlist_.instances()[index(flat.instance)].path + flat.cell->name + part;
  }

  void add_start(int c, int node, int delay, const char* part = "") {
    graph_.starts.push_back({node, delay, register_name(c, part)});
  }
  void add_end(int c, int node, int delay, const char* part = "") {
    graph_.ends.push_back({node, delay, c, register_name(c, part)});
  }

  void add_lut(int c) {
    const int out = output(c);
    for (const MappedPin& pin : cell(c).pins) {
      if (!pin.output) add_arc(net(c, pin), out, route(net(c, pin)) + delays_.lut, ArcKind::lut, c);
    }
  }

  /// The net of a cell with one output; kNoNet where it is not connected.
  int output(int c) const {
    for (const MappedPin& pin : cell(c).pins) {
      if (pin.output) return net(c, pin);
    }
    return kNoNet;
  }

  // A MUXF stands beside the LUTs or MUXFs in front of it; anything else comes through a LUT that does nothing.
  void add_wide_mux(int c) {
    const int own = delays_.lut * 3 / 5;
    const int out = output(c);
    for (const MappedPin& pin : cell(c).pins) {
      if (pin.output) continue;
      const int from = net(c, pin);
      const bool beside = source(from) == NetSource::lut || source(from) == NetSource::wide_mux;
      const int way = pin.port == "S" ? route(from) : (beside ? 0 : route(from) + delays_.lut);
      add_arc(from, out, way + own, ArcKind::wide_mux, c);
    }
  }

  // From S or DI of bit k: to O and CO of that bit and of all above it. The chain is a row of nodes, each the carry out
  // of a bit; its delays are paid where a CARRY4 is entered and where the chain is left.
  void add_carry(int c) {
    constexpr std::size_t kWidest = 8;
    std::array<int, kWidest> select;
    std::array<int, kWidest> data;
    std::array<int, kWidest> sum;
    std::array<int, kWidest> carry;
    for (auto* nets : {&select, &data, &sum, &carry}) nets->fill(kNoNet);
    const std::size_t width = cell(c).type == "CARRY4" ? 4 : kWidest;
    const int along = delays_.carry4 * static_cast<int>(width) / 4;
    int below = kNoNet;
    for (const MappedPin& pin : cell(c).pins) {
      const int at = net(c, pin);
      if (pin.port == "CI" || pin.port == "CYINIT") {
        if (below == kNoNet) below = add_node();
        const bool next = pin.port == "CI" && source(at) == NetSource::carry_last;
        add_arc(at, below, next ? along : route(at) + delays_.carry_in + along,
                next ? ArcKind::carry_next : ArcKind::carry_enter, c);
      } else {
        (pin.port == "S" ? select : pin.port == "DI" ? data : pin.port == "O" ? sum : carry)[index(pin.index)] = at;
      }
    }
    for (std::size_t k = 0; k < width; ++k) {
      if (carry[k] == kNoNet) carry[k] = add_node();
      const int enter_select = select[k] == kNoNet ? 0 : enter(select[k], delays_.lut) + along;
      add_arc(select[k], sum[k], enter_select + delays_.carry_out, ArcKind::carry_enter, c);
      add_arc(select[k], carry[k], enter_select, ArcKind::carry_enter, c);
      if (data[k] != kNoNet) add_arc(data[k], carry[k], enter(data[k], 0) + along, ArcKind::carry_enter, c);
      add_arc(below, sum[k], delays_.carry_out, ArcKind::inside, c);
      add_arc(below, carry[k], 0, ArcKind::inside, c);
      below = carry[k];
    }
  }

  /// From a net into a carry chain: from the LUT beside it, or over a route and `through` a LUT that does nothing. A
  /// LUT that leads into several bits has a copy beside each.
  int enter(int net, int through) const {
    return (source(net) == NetSource::lut ? 0 : route(net) + through) + delays_.carry_in;
  }

  void add_flip_flop(int c) {
    const Role role = roles_[index(c)];
    for (const MappedPin& pin : cell(c).pins) {
      const int at = net(c, pin);
      if (pin.output) {
        if (role == Role::plain || role == Role::operand || role == Role::product_of_two) {
          add_start(c, at, delays_.clock_to_out);
        }
      } else if (pin.port == "D") {
        const int way = role == Role::operand ? route(at) : route_beside(at);
        if (role == Role::plain || role == Role::operand) add_end(c, at, way + delays_.setup);
      } else if (!is_clock_port(CellKind::flip_flop, pin.port)) {
        add_end(c, at, route(at) + delays_.setup);
      }
    }
  }

  /// From a net to a flip-flop, which may stand beside the logic that drives it.
  int route_beside(int net) const {
    switch (source(net)) {
      case NetSource::lut:
      case NetSource::wide_mux:
      case NetSource::carry_sum:
      case NetSource::carry_out:
      case NetSource::carry_last:
      case NetSource::lutram:
        return leave(net) + delays_.register_net;
      default:
        return route(net);
    }
  }

  // Written by the clock, read by address at any time.
  void add_lutram(int c) {
    for (const MappedPin& pin : cell(c).pins) {
      const int at = net(c, pin);
      if (pin.output) {
        add_start(c, at, delays_.lutram);
      } else if (!is_clock_port(cell_kind(cell(c).type), pin.port)) {
        add_end(c, at, route(at) + delays_.setup);
        for (const MappedPin& out : cell(c).pins) {
          if (out.output && reads(pin.port, out.port)) {
            add_arc(at, net(c, out), route(at) + delays_.lutram, ArcKind::memory, c);
          }
        }
      }
    }
  }

  /// Whether `address` is that of the data at `out`: A and SPO, DPRA and DPO, ADDRB and DOB.
  static bool reads(const std::string& address, const std::string& out) {
    if (starts_with(address, "ADDR")) return address.back() == out.back();
    if (starts_with(address, "DPRA")) return out == "DPO";
    return starts_with(address, "A") && out != "DPO";
  }

  void add_block_ram(int c) {
    for (const MappedPin& pin : cell(c).pins) {
      const int at = net(c, pin);
      if (pin.output) {
        add_start(c, at, delays_.bram_out);
      } else if (!is_clock_port(CellKind::block_ram, pin.port)) {
        add_end(c, at, route(at) + delays_.setup);
      }
    }
  }

  bool has(int c, const char* name) const {
    const auto found = cell(c).registers.find(name);
    return found != cell(c).registers.end() && found->second > 0;
  }

  /// From a net to an operand: from the flip-flops inside of the block, or over a route.
  void add_operand(int c, const MappedPin& pin, int operands) {
    const int at = net(c, pin);
    const bool kept = has(c, (pin.port.substr(0, 1) + "REG").c_str()) || (pin.port == "D" && has(c, "ADREG"));
    if (kept) {
      add_end(c, at, route(at) + delays_.setup, " operands");
      return;
    }
    const bool inside = source(at) == NetSource::flip_flop && is_operand_register(at);
    add_arc(at, operands, inside ? 0 : route(at), ArcKind::dsp, c);
  }

  bool is_operand_register(int net) const { return operand_nets_.empty() ? false : operand_nets_[index(net)]; }

  void add_dsp(int c) {
    if (operand_nets_.empty()) list_operand_nets();
    const int operands = add_node();
    const int product = add_node();
    const auto soft = registers_.products.find(c);
    const bool is_soft = soft != registers_.products.end();
    for (const MappedPin& pin : cell(c).pins) {
      const int at = net(c, pin);
      if (pin.output) {
        if (has(c, "PREG")) {
          add_start(c, at, delays_.clock_to_out, " P");
        } else if (!is_soft) {
          add_arc(product, at, 0, ArcKind::inside, c);
        }
      } else if (is_operand_port(pin.port)) {
        add_operand(c, pin, operands);
      } else if (pin.port == "ACIN" || pin.port == "BCIN") {
        add_arc(at, operands, 0, ArcKind::dsp, c);
      } else if (pin.port == "C" && has(c, "CREG")) {
        add_end(c, at, route(at) + delays_.setup, " C");
      } else if (pin.port == "C" || pin.port == "CARRYIN" || pin.port == "PCIN") {
        add_arc(at, product, (pin.port == "PCIN" ? 0 : route(at)) + delays_.dsp_add, ArcKind::inside, c);
      } else if (!is_clock_port(CellKind::dsp, pin.port)) {
        add_end(c, at, route(at) + delays_.setup, " control");
      }
    }
    add_dsp_inside(c, operands, product, is_soft ? &soft->second : nullptr);
  }

  void add_dsp_inside(int c, int operands, int product, const ProductRegisters* soft) {
    if (has(c, "AREG") || has(c, "BREG")) add_start(c, operands, delays_.clock_to_out, " operands");
    const bool middle = has(c, "MREG") || (soft != nullptr && !soft->second.empty());
    if (soft != nullptr && !middle) {
      graph_.products.push_back({static_cast<int>(graph_.ends.size()), {}, false});
      add_end(c, operands, 0, " product");
      for (const int bit : soft->first) {
        graph_.products.back().starts.push_back(static_cast<int>(graph_.starts.size()));
        add_start(bit, output(bit), 0);
      }
      add_end(c, product, delays_.setup, " P");  // of C, where that is used
      return;
    }
    if (middle) {
      add_end(c, operands, delays_.dsp_multiply + delays_.setup, " M");
      add_start(c, product, delays_.dsp_add, " M");
    } else {
      add_arc(operands, product, delays_.dsp, ArcKind::inside, c);
    }
    if (soft != nullptr || has(c, "PREG")) add_end(c, product, delays_.setup, " P");
  }

  void list_operand_nets() {
    operand_nets_.assign(index(netlist_.net_count()), false);
    for (std::size_t c = 0; c < roles_.size(); ++c) {
      const int out = roles_[c] == Role::operand ? output(static_cast<int>(c)) : kNoNet;
      if (out != kNoNet) operand_nets_[index(out)] = true;
    }
  }

  void add_products() {
    for (const ProductChoice& product : graph_.products) apply_choice(product, delays_, graph_);
  }

  const FlatNetlist& netlist_;
  const Delays& delays_;
  std::vector<NetSource> sources_;
  DspRegisters registers_;
  std::vector<Role> roles_;
  std::vector<bool> operand_nets_;  ///< nets of flip-flops that are A or B of DSP blocks
  TimingGraph graph_;
};

}  // namespace

TimingGraph build_timing_graph(const FlatNetlist& netlist, const Delays& delays) {
  return GraphBuilder(netlist, delays).build();
}

void apply_choice(const ProductChoice& product, const Delays& delays, TimingGraph& graph) {
  graph.ends[index(product.end)].delay = (product.middle ? delays.dsp_multiply : delays.dsp) + delays.setup;
  for (const int start : product.starts) {
    graph.starts[index(start)].delay = product.middle ? delays.dsp_add : delays.clock_to_out;
  }
}

}  // namespace rtlgen
