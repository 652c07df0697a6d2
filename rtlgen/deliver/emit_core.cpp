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
  CoreEmitter(const Graph& graph, const Schedule& schedule)
      : graph_(graph), schedule_(schedule), hardware_(hardware_of(graph)) {
    design_.top = graph.name;
    design_.names.reserve(graph.name);
    design_.modules.reserve(graph.name);
    for (const auto& module : rtl_library()) {
      design_.modules.reserve(module.first);
    }
    name_wires();
    collect_alignments();
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

  std::string replayed(const std::string& wire, std::optional<int> start) {
    return start ? design_.names.part(wire, fmt::format("replay{}", *start)) : wire;
  }
  std::string delayed(const std::string& wire, int delay) {
    return delay > 0 ? design_.names.part(wire, fmt::format("d{}", delay)) : wire;
  }

  int beat_bits(Graph::NodeId id) const { return hardware_.beat_bits(graph_.node(id).type); }

  // --- Control: one shift register a time base, tapped where needed ---

  ControlWires control(const Arrival& at) {
    taps_[at.base].insert(at.offset);
    const std::string prefix = fmt::format("{}_{}", base_name(at.base), at.offset);
    return {prefix + "_valid", prefix + "_first", prefix + "_last"};
  }

  static const char* base_name(TimeBase base) {
    return base == TimeBase::token ? "token" : (base == TimeBase::replay ? "replay" : "event");
  }

  /// The last beat of an event in the token stream at an offset.
  std::string event_end(int offset) {
    const ControlWires wires = control({TimeBase::token, offset});
    return wires.valid + " && " + wires.last;
  }

  std::string emit_controls() {
    // Replays start behind a token tap, events behind the last input beat.
    std::string replay_start;
    if (!taps_[TimeBase::replay].empty()) {
      replay_start = event_end(*taps_[TimeBase::replay].begin() - 1);
    }
    taps_[TimeBase::token].insert(0);
    Instance counter{"stream_control", "input_control", {}, {}};
    counter.with("BEATS", schedule_.beats);
    counter.port("clk", "clk").port("rst", "rst").port("in_valid", "in_valid").port("in_first", "in_first");
    counter.port("out_last", "token_0_last");
    std::string text = declare_control({TimeBase::token, 0});
    text += "  assign token_0_valid = in_valid;\n  assign token_0_first = in_first;\n" + to_verilog(counter);
    text += control_chain(TimeBase::token, 0);
    if (!replay_start.empty()) {
      const int first = *taps_[TimeBase::replay].begin();
      const std::string prefix = fmt::format("replay_{}", first);
      Instance replay{"replay_control", "replay_control", {}, {}};
      replay.with("BEATS", schedule_.beats);
      replay.port("clk", "clk").port("rst", "rst").port("start", replay_start);
      replay.port("out_valid", prefix + "_valid")
          .port("out_first", prefix + "_first")
          .port("out_last", prefix + "_last");
      text += declare_control({TimeBase::replay, first}) + to_verilog(replay) + control_chain(TimeBase::replay, first);
    }
    if (!taps_[TimeBase::event].empty()) {
      text += declare_control({TimeBase::event, 0});
      text += "  assign event_0_valid = token_0_valid && token_0_last;\n";
      text += "  assign event_0_first = 1'b1;\n  assign event_0_last = 1'b1;\n";
      text += control_chain(TimeBase::event, 0);
    }
    return text + "\n";
  }

  std::string declare_control(const Arrival& at) {
    const std::string prefix = fmt::format("{}_{}", base_name(at.base), at.offset);
    unused_ += fmt::format(",\n    {0}_valid, {0}_first, {0}_last", prefix);
    return fmt::format("  wire {0}_valid, {0}_first, {0}_last;\n", prefix);
  }

  std::string control_chain(TimeBase base, int from) {
    std::string text;
    int previous = from;
    for (const int tap : taps_[base]) {
      if (tap == from) {
        continue;
      }
      const std::string input = fmt::format("{}_{}", base_name(base), previous);
      const std::string output = fmt::format("{}_{}", base_name(base), tap);
      Instance delay{"control_delay", output + "_control", {}, {}};
      delay.with("DEPTH", tap - previous);
      delay.port("clk", "clk").port("rst", "rst");
      delay.port("in_valid", input + "_valid").port("in_first", input + "_first").port("in_last", input + "_last");
      delay.port("out_valid", output + "_valid")
          .port("out_first", output + "_first")
          .port("out_last", output + "_last");
      text += declare_control({base, tap}) + to_verilog(delay);
      previous = tap;
    }
    return text;
  }

  // --- Nodes ---

  void collect_alignments() {
    alignments_.resize(graph_.size());
    for (const auto& [source, delays] : waits(graph_, schedule_)) {
      alignments_[source.first][source.second] = delays;
    }
  }

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
      inputs.push_back(delayed(replayed(wires_[operands[i]], alignment.replay_start), alignment.delay));
      controls.push_back(control(placed.operands[i]));
    }
    const int latency = primitive_of(node).timing(view, hardware_).latency;
    design_.body += fmt::format("\n  // {} ({}): {} x {} features of {}; there at {} + {}, latency {}.\n", node.name,
                                node.op(), node.type.tokens, node.type.features, to_string(tensor_format(node)),
                                base_name(placed.output.base), placed.output.offset, latency);
    declare(wires_[id], beat_bits(id));
    Emission emission(design_, wires_[id], inputs, controls);
    primitive_of(node).emit(view, hardware_, emission);
  }

  /// Event buffers and delay lines of a tensor, each delay line starting where the shorter one ends.
  void emit_alignments(Graph::NodeId id) {
    for (const auto& [start, delays] : alignments_[id]) {
      const std::string source = replayed(wires_[id], start);
      const int bits = beat_bits(id);
      if (start) {
        const Arrival& written = schedule_.nodes[id].output;
        const ControlWires write = control(written);
        declare(source, bits);
        Instance buffer{"event_replay", design_.names.part(source, "buffer"), {}, {}};
        buffer.with("WIDTH", bits).with("BEATS", schedule_.beats);
        buffer.port("clk", "clk").port("rst", "rst").port("in_valid", write.valid).port("in_first", write.first);
        buffer.port("in_data", wires_[id]).port("start", event_end(*start)).port("out_data", source);
        design_.body += to_verilog(buffer);
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
        "clocks.\n"
        "`resetall\n`timescale 1ns / 1ps\n`default_nettype none\n\n",
        graph_.name, graph_.target.clock_mhz, graph_.target.device, hardware_.tokens, input.type.features,
        to_string(tensor_format(input)), hardware_.lanes, schedule_.beats, output.type.tokens, output.type.features,
        to_string(tensor_format(output)), schedule_.output_beats, schedule_.latency, schedule_.interval);
  }

  std::string ports() const {
    const Node& input = input_node(graph_);
    const Node& output = graph_.node(graph_.output());
    const int input_bits = hardware_.lanes_of(input.type) * input.type.features * tensor_format(input).width;
    const int output_bits = hardware_.lanes_of(output.type) * output.type.features * tensor_format(output).width;
    std::string text =
        fmt::format("module {} (\n  input  wire clk,\n  input  wire rst,  // synchronous, active high\n", graph_.name);
    text += "  input  wire in_valid,\n  input  wire in_first,\n";
    text += fmt::format("  input  wire [{}:0] in_data,\n", input_bits - 1);
    if (mask_kind(graph_) == MaskKind::count) {
      text += fmt::format("  input  wire [{}:0] in_count,  // real tokens of the event, read at the first beat\n",
                          clog2(hardware_.tokens + 1) - 1);
    } else if (mask_kind(graph_) == MaskKind::valid) {
      text += fmt::format("  input  wire [{}:0] in_mask,  // a bit a token of the beat: 1 real, 0 padding\n",
                          hardware_.lanes_of(input.type) - 1);
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
      const int elements = hardware_.lanes_of(output.type) * output.type.features;
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
  const Hardware hardware_;
  Design design_;
  std::vector<std::string> wires_;
  std::vector<std::map<std::optional<int>, std::set<int>>> alignments_;
  std::map<TimeBase, std::set<int>> taps_;
  std::string unused_;
};

}  // namespace

std::map<std::string, std::string> emit_core(const Graph& graph, const Schedule& schedule) {
  return CoreEmitter(graph, schedule).run();
}

}  // namespace rtlgen
