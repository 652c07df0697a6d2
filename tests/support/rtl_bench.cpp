#include "tests/support/rtl_bench.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <vector>

#include "rtlgen/deliver/core_signature.hpp"
#include "rtlgen/deliver/emit_core.hpp"
#include "rtlgen/deliver/test_vectors.hpp"
#include "rtlgen/deliver/write_core.hpp"
#include "rtlgen/files/process.hpp"
#include "rtlgen/schedule/make_schedule.hpp"
#include "rtlgen/schedule/schedule.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen::testing {
namespace {

constexpr std::chrono::seconds kTimeout{600};

/// The low `width` bits of a hexadecimal number as binary digits.
std::string to_binary(const std::string& hex, int width) {
  std::string bits;
  for (const char c : hex) {
    const auto digit = static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    for (int bit = 3; bit >= 0; --bit) {
      bits += (digit >> bit & 1U) != 0 ? '1' : '0';
    }
  }
  return bits.substr(bits.size() - static_cast<std::size_t>(width));
}

/// One clock of the core's inputs, in binary digits; x is allowed.
struct Stimulus {
  bool reset = false;
  char valid = '0';
  char first = '0';
  std::string mask;
  std::string data;
};

/// What has to be on the core's outputs in one clock.
struct Expectation {
  bool matters = true;  ///< in a reset's first clock a beat that is due may come or not
  bool valid = false;
  bool first = false;
  bool last = false;
  std::string data;
};

/// Decides what is sent when, and what has to come when.
class Plan {
 public:
  Plan(const CoreSignature& signature, const IntegerEvents& events, const Mantissas& golden, Dice& dice)
      : s_(signature), events_(static_cast<int>(events.count)), dice_(dice) {
    input_bits_ = s_.lanes * s_.features * s_.input.format.width;
    mask_bits_ = s_.mask == MaskKind::count ? s_.count_width : (s_.mask == MaskKind::valid ? s_.lanes : 0);
    output_bits_ = s_.output_lanes * s_.output_features * s_.output.width;
    const TemporaryFolder folder;
    write_input_vectors(folder.path() / "in", s_, events);
    write_output_vectors(folder.path() / "out", s_, golden);
    std::istringstream inputs(read_text(folder.path() / "in"));
    for (std::string data, mask; inputs >> data;) {
      if (mask_bits_ > 0) {
        inputs >> mask;
      }
      inputs_.push_back({to_binary(data, input_bits_), mask_bits_ > 0 ? to_binary(mask, mask_bits_) : ""});
    }
    std::istringstream outputs(read_text(folder.path() / "out"));
    for (std::string data; outputs >> data;) {
      outputs_.push_back(to_binary(data, output_bits_));
    }
  }

  void build(std::size_t stress_events) {
    const int some = std::min(events_, static_cast<int>(stress_events));
    reset();
    for (int event = 0; event < events_; ++event) {
      send(event, s_.beats, 0);
      idle(s_.interval_cycles - s_.beats);
    }
    idle(dice_.below(2 * s_.beats + 1));
    for (int event = 0; event < some; ++event) {
      send(event, s_.beats, 30);
      idle(s_.interval_cycles - s_.beats);
      idle(dice_.percent(60) ? dice_.below(3 * s_.beats + 2) : 0);
    }
    idle(s_.latency_cycles + 1);  // or the first reset would take most of it away
    for (int event = 0; event < some; ++event) {
      const bool interrupted = dice_.percent(50);
      send(event, interrupted ? dice_.below(s_.beats + 1) : s_.beats, dice_.percent(50) ? 30 : 0);
      idle(interrupted ? 0 : s_.interval_cycles - s_.beats);
      if (interrupted) {
        idle(dice_.percent(50) ? dice_.below(s_.latency_cycles + 1) : 0);
        reset();
      }
    }
    idle(s_.latency_cycles + 8);
    expected_.resize(stimuli_.size());
  }

  const std::vector<Stimulus>& stimuli() const { return stimuli_; }
  const std::vector<Expectation>& expected() const { return expected_; }
  int input_bits() const { return input_bits_; }
  int mask_bits() const { return mask_bits_; }
  int output_bits() const { return output_bits_; }
  /// Output bits of the last beat that belong to tokens of the event.
  int last_output_bits() const {
    const int tokens = s_.output_tokens - (s_.output_beats - 1) * s_.output_lanes;
    return std::min(tokens, s_.output_lanes) * s_.output_features * s_.output.width;
  }

 private:
  struct InputBeat {
    std::string data;
    std::string mask;
  };

  void send(int event, int beats, int gap_percent) {
    for (int beat = 0; beat < beats; ++beat) {
      idle(beat > 0 && dice_.percent(gap_percent) ? dice_.number(1, 4) : 0);
      const InputBeat& input = inputs_[static_cast<std::size_t>(event * s_.beats + beat)];
      Stimulus stimulus{false, '1', beat == 0 ? '1' : '0', input.mask, input.data};
      const int lanes = std::min(s_.lanes, s_.tokens - beat * s_.lanes);
      // Spare lanes may meet weights of 0, and 0 times x is x: they take known values only.
      spoil_above(stimulus.data, lanes * s_.features * s_.input.format.width, false);
      if (s_.mask == MaskKind::valid) {
        spoil_above(stimulus.mask, lanes, false);
      } else if (s_.mask == MaskKind::count && beat > 0) {
        spoil_above(stimulus.mask, 0);
      }
      const auto clock = stimuli_.size();
      stimuli_.push_back(stimulus);
      if (s_.token_timed) {
        expect(clock + static_cast<std::size_t>(s_.offset), event, beat);
      } else if (beat == s_.beats - 1) {
        for (int output = 0; output < s_.output_beats; ++output) {
          expect(clock + static_cast<std::size_t>(s_.offset + output), event, output);
        }
      }
    }
  }

  void expect(std::size_t clock, int event, int beat) {
    if (expected_.size() <= clock) {
      expected_.resize(clock + 1);
    }
    expected_[clock] = {true, true, beat == 0, beat == s_.output_beats - 1,
                        outputs_[static_cast<std::size_t>(event * s_.output_beats + beat)]};
  }

  void idle(int clocks) {
    for (int i = 0; i < clocks; ++i) {
      stimuli_.push_back(garbage(false, '0'));
    }
  }

  void reset() {
    const auto clock = stimuli_.size();
    for (int i = dice_.number(1, 3); i > 0; --i) {
      stimuli_.push_back(garbage(true, dice_.percent(50) ? '1' : '0'));
    }
    expected_.resize(clock + 1);
    expected_[clock].matters = false;
  }

  Stimulus garbage(bool reset, char valid) {
    Stimulus stimulus{reset, valid, "01x"[dice_.below(3)], std::string(static_cast<std::size_t>(mask_bits_), '0'),
                      std::string(static_cast<std::size_t>(input_bits_), '0')};
    spoil_above(stimulus.data, 0);
    spoil_above(stimulus.mask, 0);
    return stimulus;
  }

  /// Makes all but the low `keep` bits random, or perhaps unknown.
  void spoil_above(std::string& bits, int keep, bool may_be_unknown = true) {
    const bool unknown = may_be_unknown && dice_.percent(50);
    for (std::size_t i = 0; i + static_cast<std::size_t>(keep) < bits.size(); ++i) {
      bits[i] = unknown ? 'x' : (dice_.percent(50) ? '1' : '0');
    }
  }

  const CoreSignature& s_;
  int events_;
  Dice& dice_;
  int input_bits_ = 0;
  int mask_bits_ = 0;
  int output_bits_ = 0;
  std::vector<InputBeat> inputs_;
  std::vector<std::string> outputs_;
  std::vector<Stimulus> stimuli_;
  std::vector<Expectation> expected_;
};

void write_vectors(const TemporaryFolder& folder, const Plan& plan) {
  std::string stimuli;
  for (const Stimulus& s : plan.stimuli()) {
    stimuli += fmt::format("{}{}{}{}{}\n", s.reset ? 1 : 0, s.valid, s.first, s.mask, s.data);
  }
  std::string expected;
  for (const Expectation& e : plan.expected()) {
    const std::string data = e.valid ? e.data : std::string(static_cast<std::size_t>(plan.output_bits()), '0');
    expected += fmt::format("{:d}{:d}{:d}{:d}{}\n", e.matters, e.valid, e.first, e.last, data);
  }
  write_file(folder.path() / "stimuli.mem", stimuli);
  write_file(folder.path() / "expected.mem", expected);
}

std::string testbench(const CoreSignature& signature, const Plan& plan, const TemporaryFolder& folder) {
  const int mask_bits = plan.mask_bits();
  const std::string mask_port =
      signature.mask == MaskKind::count ? ".in_count(mask), " : (mask_bits > 0 ? ".in_mask(mask), " : "");
  std::string text = "`timescale 1ns / 1ps\n`default_nettype none\nmodule testbench;\n";
  text +=
      fmt::format("  localparam CLOCKS = {}, IN_W = {}, MASK_W = {}, OUT_W = {}, LAST_W = {};\n", plan.stimuli().size(),
                  plan.input_bits(), std::max(1, mask_bits), plan.output_bits(), plan.last_output_bits());
  text += fmt::format("  reg [{}:0] stimuli [0:CLOCKS-1];\n  reg [OUT_W+3:0] expected [0:CLOCKS-1];\n",
                      plan.input_bits() + mask_bits + 2);
  text +=
      "  reg clk, rst, in_valid, in_first;\n"
      "  reg [IN_W-1:0] in_data;\n  reg [MASK_W-1:0] mask;\n"
      "  wire out_valid, out_first, out_last;\n  wire [OUT_W-1:0] out_data;\n"
      "  reg matters, valid, first, last;\n  reg [OUT_W-1:0] data, got;\n"
      "  integer clock, printed, due, beats, mismatches, latency_errors, protocol_errors;\n";
  text += fmt::format(
      "  {} core (.clk(clk), .rst(rst), .in_valid(in_valid), .in_first(in_first), .in_data(in_data), {}"
      ".out_valid(out_valid), .out_first(out_first), .out_last(out_last), .out_data(out_data));\n",
      signature.top, mask_port);
  text += fmt::format("  initial begin\n    $readmemb(\"{}\", stimuli);\n    $readmemb(\"{}\", expected);\n",
                      folder.file("stimuli.mem"), folder.file("expected.mem"));
  text += fmt::format(
      "    mask = 0; clk = 0; printed = 0; due = 0; beats = 0;\n"
      "    mismatches = 0; latency_errors = 0; protocol_errors = 0;\n"
      "    for (clock = 0; clock < CLOCKS; clock = clock + 1) begin\n"
      "      {{rst, in_valid, in_first, {}in_data}} = stimuli[clock];\n"
      "      {{matters, valid, first, last, data}} = expected[clock];\n",
      mask_bits > 0 ? "mask, " : "");
  text += R"(      #4;
      got = last ? out_data & {{OUT_W-LAST_W{1'b0}}, {LAST_W{1'b1}}} : out_data;
      if (matters) begin
        due = due + valid;
        if (out_valid === 1'b1) beats = beats + 1;
        if (out_valid !== valid) begin
          latency_errors = latency_errors + 1;
          complain("out_valid");
        end else if (valid) begin
          if (got !== data) begin
            mismatches = mismatches + 1;
            complain("out_data");
          end
          if (out_first !== first || out_last !== last) begin
            protocol_errors = protocol_errors + 1;
            complain("out_first, out_last");
          end
        end
      end
      #1 clk = 1;
      #5 clk = 0;
    end
    if (beats != due) protocol_errors = protocol_errors + (beats > due ? beats - due : due - beats);
    $display("RESULT %0d %0d %0d %0d", beats, mismatches, latency_errors, protocol_errors);
    $finish;
  end
  task complain(input [8*24-1:0] what);
    begin
      if (printed < 6)
        $display("clock %0d: %0s: expected %b %b %b %h, got %b %b %b %h", clock, what, valid, first, last, data,
                 out_valid, out_first, out_last, got);
      printed = printed + 1;
    end
  endtask
endmodule
`default_nettype wire
)";
  if (plan.output_bits() == plan.last_output_bits()) {  // a replication of 0 bits is not Verilog-2005
    const std::string padding = "{{OUT_W-LAST_W{1'b0}}, {LAST_W{1'b1}}}";
    text.replace(text.find(padding), padding.size(), "{LAST_W{1'b1}}");
  }
  return text;
}

}  // namespace

std::string BenchResult::verdict() const {
  return clean() ? "ok"
                 : fmt::format("{} beats, {} mismatches, {} latency errors, {} protocol errors\n{}", beats, mismatches,
                               latency_errors, protocol_errors, messages);
}

BenchResult run_bench(const Graph& graph, const IntegerEvents& events, const BenchOptions& options) {
  const Schedule schedule = make_schedule(graph);
  const CoreSignature signature = make_signature(graph, schedule, {});
  const Mantissas golden = golden_output(graph, events);
  Dice dice(options.seed);
  Plan plan(signature, events, golden, dice);
  plan.build(options.stress_events);

  const TemporaryFolder folder;
  std::map<std::string, std::string> files = emit_core(graph, schedule);
  if (options.alter) {
    options.alter(files);
  }
  files["testbench"] = testbench(signature, plan, folder);
  write_vectors(folder, plan);
  Command compile{{"iverilog", "-Wall", "-g2005", "-s", "testbench", "-o", folder.file("sim")},
                  folder.path(),
                  folder.path() / "iverilog.log",
                  kTimeout};
  for (const auto& [name, text] : files) {
    write_file(folder.path() / (name + ".v"), text);
    compile.arguments.push_back(name + ".v");
  }
  BenchResult result;
  const int status = run_process(compile);
  result.messages = read_text(compile.log);
  if (status != 0) {
    result.messages += fmt::format("iverilog: exit status {}\n", status);
    return result;
  }
  const Command simulate{{"vvp", "-n", folder.file("sim")}, folder.path(), folder.path() / "vvp.log", kTimeout};
  const int simulated = run_process(simulate);
  if (simulated != 0) {
    result.messages += fmt::format("{}vvp: exit status {}\n", read_text(simulate.log), simulated);
    return result;
  }
  std::istringstream log(read_text(simulate.log));
  for (std::string line; std::getline(log, line);) {
    std::istringstream words(line);
    std::string first;
    words >> first;
    if (first == "RESULT") {
      words >> result.beats >> result.mismatches >> result.latency_errors >> result.protocol_errors;
      result.ran = !words.fail();
    } else {
      result.messages += line + "\n";
    }
  }
  return result;
}

}  // namespace rtlgen::testing
