#include "rtlgen/deliver/emit_core.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "primitives/emission.hpp"
#include "primitives/primitive.hpp"
#include "primitives/sources.hpp"
#include "rtlgen/netlist/rtl_library.hpp"

namespace rtlgen {
namespace {

class CoreEmitter {
 public:
  CoreEmitter(const Graph& graph, const Schedule& schedule) : graph_(graph), schedule_(schedule) {
    design_.top = graph.name;
    design_.names.reserve(graph.name);
    design_.modules.reserve(graph.name);
    for (const auto& module : rtl_library()) {
      design_.modules.reserve(module.first);
    }
    name_wires();
    for (auto& [reading, delays] : readings(graph, schedule)) {
      readings_[reading.node].emplace_back(reading, std::move(delays));
    }
  }

  std::map<std::string, std::string> run() {
    for (const Graph::NodeId id : graph_.topological_order()) {
      emit_node(id);
      emit_alignments(id);
    }
    const ControlWires output = control(schedule_.output);
    const std::string controls = emit_controls();
    std::string text = header() + ports() + controls + design_.body + "\n" + output_assignments(output);
    text += fmt::format("  wire _unused = &{{1'b0{}}};\n\nendmodule\n\n`resetall\n", unused_);
    std::map<std::string, std::string> files = design_.files;
    files[graph_.name] = text;
    add_library_modules(files);
    return files;
  }

 private:
  // --- Names ---

  void name_wires() {
    wires_.resize(graph_.size());
    for (Graph::NodeId id = 0; id < graph_.size(); ++id) {
      std::string name = "t_";  // a prefix keeps clear of keywords, ports and control wires
      for (const char c : graph_.node(id).name) {
        name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
      }
      wires_[id] = design_.names.make(name);
    }
  }

  /// The wires of a tensor as it is read, without a delay.
  std::string wire_of(const Reading& reading) {
    const std::string& wire = wires_[reading.node];
    if (!reading.replay_start) {
      return wire;
    }
    const bool converted = reading.lanes != schedule_.nodes[reading.node].output.lanes;
    return design_.names.part(wire, fmt::format("replay{}", *reading.replay_start) +
                                        (converted ? fmt::format("_lanes{}", reading.lanes) : ""));
  }
  std::string delayed(const std::string& wire, int delay) {
    return delay > 0 ? design_.names.part(wire, fmt::format("d{}", delay)) : wire;
  }

  /// Wires of a beat.
  int beat_bits(const TensorType& type, int lanes) const { return lanes * type.features * type.width; }

  // --- Control: one shift register for streams that differ in their start alone, tapped where needed ---

  /// Streams that are counted from the input's beats, and those of so many beats an event that follow its last.
  struct Chain {
    Anchor anchor;
    int beats;

    bool operator<(const Chain& other) const {
      return anchor != other.anchor ? anchor < other.anchor : beats < other.beats;
    }
  };

  std::string tap_name(const Chain& chain, int start) const {
    if (chain.anchor == Anchor::beat) {
      return fmt::format("token_{}", start);
    }
    const bool usual = chain.beats == schedule_.input.beats();
    return chain.beats == 1 ? fmt::format("event_{}", start)
                            : fmt::format("replay{}_{}", usual ? "" : std::to_string(chain.beats), start);
  }

  static ControlWires wires_of(const std::string& tap) { return {tap + "_valid", tap + "_first", tap + "_last"}; }

  ControlWires control(const Chain& chain, int start) {
    taps_[chain].insert(start);
    return wires_of(tap_name(chain, start));
  }
  ControlWires control(const Stream& stream) { return control({stream.anchor, stream.beats()}, stream.start.clock); }

  /// The input's beats.
  Chain input_chain() const { return {Anchor::beat, schedule_.input.beats()}; }

  /// So many clocks after the event's last input beat.
  std::string event_end(int clock) {
    const ControlWires wires = control(input_chain(), clock);
    return wires.valid + " && " + wires.last;
  }

  std::string emit_controls() {
    // Streams that follow the event start behind a tap of the input's.
    std::map<Chain, std::string> starts;
    for (const auto& [chain, taps] : std::map<Chain, std::set<int>>(taps_)) {
      if (chain.anchor == Anchor::event && chain.beats > 1) {
        starts[chain] = event_end(*taps.begin() - 1);
      }
    }
    std::string text = input_control();
    for (const auto& [chain, taps] : taps_) {
      if (chain.anchor == Anchor::event) {
        const int first = chain.beats > 1 ? *taps.begin() : 0;
        text += declare_control(tap_name(chain, first)) +
                (chain.beats > 1 ? replay_control(chain, first, starts.at(chain)) : end_control()) +
                control_chain(chain, first);
      }
    }
    return text + "\n";
  }

  std::string input_control() {
    Instance counter{"stream_control", "input_control", {}, {}};
    counter.with("BEATS", schedule_.input.beats());
    counter.port("clk", "clk").port("rst", "rst").port("in_valid", "in_valid").port("in_first", "in_first");
    counter.port("out_last", "token_0_last");
    return declare_control("token_0") + "  assign token_0_valid = in_valid;\n  assign token_0_first = in_first;\n" +
           to_verilog(counter) + control_chain(input_chain(), 0);
  }

  std::string replay_control(const Chain& chain, int first, const std::string& start) {
    const ControlWires wires = wires_of(tap_name(chain, first));
    Instance replay{"replay_control", design_.names.make(tap_name(chain, first) + "_control"), {}, {}};
    replay.with("BEATS", chain.beats);
    replay.port("clk", "clk").port("rst", "rst").port("start", start);
    replay.port("out_valid", wires.valid).port("out_first", wires.first).port("out_last", wires.last);
    return to_verilog(replay);
  }

  static std::string end_control() {
    return "  assign event_0_valid = token_0_valid && token_0_last;\n"
           "  assign event_0_first = 1'b1;\n  assign event_0_last = 1'b1;\n";
  }

  std::string declare_control(const std::string& tap) {
    unused_ += fmt::format(",\n    {0}_valid, {0}_first, {0}_last", tap);
    return fmt::format("  wire {0}_valid, {0}_first, {0}_last;\n", tap);
  }

  std::string control_chain(const Chain& chain, int from) {
    std::string text;
    int previous = from;
    for (const int tap : taps_[chain]) {
      if (tap == from) {
        continue;
      }
      const ControlWires input = wires_of(tap_name(chain, previous));
      const ControlWires output = wires_of(tap_name(chain, tap));
      Instance delay{"control_delay", design_.names.make(tap_name(chain, tap) + "_control"), {}, {}};
      delay.with("DEPTH", tap - previous);
      delay.port("clk", "clk").port("rst", "rst");
      delay.port("in_valid", input.valid).port("in_first", input.first).port("in_last", input.last);
      delay.port("out_valid", output.valid).port("out_first", output.first).port("out_last", output.last);
      text += declare_control(tap_name(chain, tap)) + to_verilog(delay);
      previous = tap;
    }
    return text;
  }

  // --- Nodes ---

  void declare(const std::string& wire, int bits) {
    design_.body += fmt::format("  wire [{}:0] {};\n", bits - 1, wire);
    unused_ += ",\n    " + wire;
  }

  void emit_node(Graph::NodeId id) {
    const Node& node = graph_.node(id);
    const NodeSchedule& placed = schedule_.nodes[id];
    const NodeView view = view_of(graph_, id);
    const std::vector<Graph::NodeId> operands = graph_.operands(id);
    std::vector<std::string> inputs;
    std::vector<ControlWires> controls;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      const Alignment& alignment = placed.alignments[i];
      const Reading reading{operands[i], alignment.replay_start, placed.operands[i].lanes};
      inputs.push_back(delayed(wire_of(reading), alignment.delay));
      controls.push_back(control(placed.operands[i]));
    }
    const Hardware hardware = hardware_of(graph_, id);
    const int latency = primitive_of(node).timing(view, hardware).latency;
    design_.body +=
        fmt::format("\n  // {} ({}): {} x {} features of {}; there at {}, latency {}.\n", node.name, node.op(),
                    node.type.tokens, node.type.features, to_string(tensor_format(node)),
                    tap_name({placed.output.anchor, placed.output.beats()}, placed.output.start.clock), latency);
    declare(wires_[id], beat_bits(node.type, placed.output.lanes));
    Emission emission(design_, wires_[id], inputs, controls);
    primitive_of(node).emit(view, hardware, emission);
  }

  /// Event buffers and delay lines of a tensor, each delay line starting where the shorter one ends.
  void emit_alignments(Graph::NodeId id) {
    for (const auto& [reading, delays] : readings_[id]) {
      const std::string source = wire_of(reading);
      const int bits = beat_bits(graph_.node(id).type, reading.lanes);
      if (reading.replay_start) {
        declare(source, bits);
        design_.body += to_verilog(event_buffer(reading, source));
      }
      int previous = 0;
      for (const int delay : delays) {
        if (delay == 0) {
          continue;
        }
        const std::string output = delayed(source, delay);
        declare(output, bits);
        Instance line{"delay_line", design_.names.part(output, "line"), {}, {}};
        line.with("WIDTH", bits).with("DEPTH", delay - previous);
        line.port("clk", "clk").port("d", delayed(source, previous)).port("q", output);
        design_.body += to_verilog(line);
        previous = delay;
      }
    }
  }

  Instance event_buffer(const Reading& reading, const std::string& output) {
    const Stream& written = schedule_.nodes[reading.node].output;
    const TensorType& type = graph_.node(reading.node).type;
    const ControlWires write = control(written);
    Instance buffer{"event_replay", design_.names.part(output, "buffer"), {}, {}};
    if (reading.lanes == written.lanes) {
      buffer.with("WIDTH", beat_bits(type, reading.lanes)).with("BEATS", written.beats());
    } else {
      buffer.module = "event_convert";
      buffer.with("TOKENS", type.tokens).with("WIDTH", beat_bits(type, 1));
      buffer.with("IN_LANES", written.lanes).with("OUT_LANES", reading.lanes);
    }
    buffer.port("clk", "clk").port("rst", "rst").port("in_valid", write.valid).port("in_first", write.first);
    buffer.port("in_data", wires_[reading.node]).port("start", event_end(*reading.replay_start));
    buffer.port("out_data", output);
    return buffer;
  }

  // --- The top module ---

  std::string header() const {
    const Node& input = input_node(graph_);
    const Node& output = graph_.node(graph_.output());
    return fmt::format(
        "// {0}: generated by rtlgen; {1} MHz on {2}.\n"
        "// An event is {3} tokens x {4} features of {5}, {6} a beat, in {7} beats; gaps between beats are legal. "
        "in_first marks beat 0.\n"
        "// Result: {8} x {9} features of {10} in {11} beats.\n"
        "// Latency: {12} clocks from the first input beat to the last output beat (no gaps); a new event every {13} "
        "clocks{14}.\n"
        "`resetall\n`timescale 1ns / 1ps\n`default_nettype none\n\n",
        graph_.name, graph_.target.clock_mhz, graph_.target.device, input.type.tokens, input.type.features,
        to_string(tensor_format(input)), schedule_.input.lanes, schedule_.input.beats(), output.type.tokens,
        output.type.features, to_string(tensor_format(output)), schedule_.output.beats(), schedule_.latency,
        schedule_.interval, pause_text());
  }

  std::string pause_text() const {
    return schedule_.pause() == 0 ? "" : fmt::format(", {} idle clocks at least between events", schedule_.pause());
  }

  std::string ports() const {
    const Node& input = input_node(graph_);
    const Node& output = graph_.node(graph_.output());
    const int input_bits = schedule_.input.lanes * input.type.features * tensor_format(input).width;
    const int output_bits = schedule_.output.lanes * output.type.features * tensor_format(output).width;
    std::string text =
        fmt::format("module {} (\n  input  wire clk,\n  input  wire rst,  // synchronous, active high\n", graph_.name);
    text += "  input  wire in_valid,\n  input  wire in_first,\n";
    text += fmt::format("  input  wire [{}:0] in_data,\n", input_bits - 1);
    if (mask_kind(graph_) == MaskKind::count) {
      text += fmt::format("  input  wire [{}:0] in_count,  // real tokens of the event, read at the first beat\n",
                          clog2(input.type.tokens + 1) - 1);
    } else if (mask_kind(graph_) == MaskKind::valid) {
      text += fmt::format("  input  wire [{}:0] in_mask,  // a bit a token of the beat: 1 real, 0 padding\n",
                          schedule_.input.lanes - 1);
    }
    text += fmt::format(
        "  output wire out_valid,\n  output wire out_first,\n  output wire out_last,\n"
        "  output wire [{}:0] out_data\n);\n\n",
        output_bits - 1);
    text += fmt::format(
        "  localparam LATENCY = {};\n  localparam INTERVAL = {};\n  wire [31:0] _contract = LATENCY + INTERVAL;\n\n",
        schedule_.latency, schedule_.interval);
    return text;
  }

  std::string output_assignments(const ControlWires& wires) {
    const Node& output = graph_.node(graph_.output());
    const std::string& bus = wires_[graph_.output()];
    const int width = tensor_format(output).width;
    std::string text = fmt::format("  assign out_valid = {};\n  assign out_first = {};\n  assign out_last = {};\n",
                                   wires.valid, wires.first, wires.last);
    if (width == output.type.width) {
      text += fmt::format("  assign out_data = {};\n", bus);
    } else {
      const int elements = schedule_.output.lanes * output.type.features;
      for (int element = 0; element < elements; ++element) {
        text += fmt::format("  assign {} = {}[{} +: {}];\n", slice("out_data", element, width), bus,
                            element * output.type.width, width);
      }
    }
    unused_ += ", _contract";
    if (mask_kind(graph_) != MaskKind::none) {
      unused_ += mask_kind(graph_) == MaskKind::count ? ", in_count" : ", in_mask";
    }
    return text;
  }

  const Graph& graph_;
  const Schedule& schedule_;
  Design design_;
  std::vector<std::string> wires_;
  std::map<Graph::NodeId, std::vector<std::pair<Reading, std::vector<int>>>> readings_;
  std::map<Chain, std::set<int>> taps_;
  std::string unused_;
};

}  // namespace

std::map<std::string, std::string> emit_core(const Graph& graph, const Schedule& schedule) {
  return CoreEmitter(graph, schedule).run();
}

}  // namespace rtlgen
