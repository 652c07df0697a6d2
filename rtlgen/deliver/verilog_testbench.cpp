#include "rtlgen/deliver/verilog_testbench.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace rtlgen {
namespace {

/// The part that is alike for all cores.
constexpr const char* kProcess = R"(      #4;
      got = last ? out_data & LAST_MASK : out_data;
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
    if (beats > 0 && mismatches + latency_errors + protocol_errors == 0) $display("PASS");
    else $display("FAIL");
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

`resetall
)";

std::string stimuli_text(const TestPlan& plan) {
  std::string text;
  for (const Stimulus& s : plan.stimuli()) {
    text += fmt::format("{:d}{}{}{}{}\n", s.reset, s.valid, s.first, s.mask, s.data);
  }
  return text;
}

std::string expected_text(const TestPlan& plan) {
  std::string text;
  for (const Expectation& e : plan.expected()) {
    const std::string data = e.valid ? e.data : std::string(static_cast<std::size_t>(plan.output_bits()), '0');
    text += fmt::format("{:d}{:d}{:d}{:d}{}\n", e.matters, e.valid, e.first, e.last, data);
  }
  return text;
}

/// Sizes, and which bits of the last beat are compared.
std::string constants(const TestPlan& plan) {
  const int spare = plan.output_bits() - plan.last_output_bits();
  return fmt::format(
      "  localparam CLOCKS = {}, IN_W = {}, MASK_W = {}, OUT_W = {};\n"
      "  localparam [OUT_W-1:0] LAST_MASK = {{{}{{{}{{1'b1}}}}}};\n",
      plan.stimuli().size(), plan.input_bits(), std::max(1, plan.mask_bits()), plan.output_bits(),
      spare > 0 ? fmt::format("{}'d0, ", spare) : "",  // a number of 0 bits is not Verilog-2005
      plan.last_output_bits());
}

std::string declarations(const TestPlan& plan) {
  return fmt::format("  reg [{}:0] stimuli [0:CLOCKS-1];\n  reg [OUT_W+3:0] expected [0:CLOCKS-1];\n",
                     plan.input_bits() + plan.mask_bits() + 2) +
         "  reg clk, rst, in_valid, in_first;\n"
         "  reg [IN_W-1:0] in_data;\n  reg [MASK_W-1:0] mask;\n"
         "  wire out_valid, out_first, out_last;\n  wire [OUT_W-1:0] out_data;\n"
         "  reg matters, valid, first, last;\n  reg [OUT_W-1:0] data, got;\n"
         "  integer clock, printed, due, beats, mismatches, latency_errors, protocol_errors;\n";
}

std::string instance(const TestPlan& plan) {
  const MaskKind kind = plan.signature().mask;
  const char* const mask = kind == MaskKind::count   ? ".in_count(mask), "
                           : kind == MaskKind::valid ? ".in_mask(mask), "
                                                     : "";
  return fmt::format(
      "  {} core (.clk(clk), .rst(rst), .in_valid(in_valid), .in_first(in_first), .in_data(in_data), {}"
      ".out_valid(out_valid), .out_first(out_first), .out_last(out_last), .out_data(out_data));\n",
      plan.signature().top, mask);
}

/// The process that sends and compares.
std::string process(const TestPlan& plan) {
  return fmt::format(
             "  initial begin\n    $readmemb(\"stimuli.mem\", stimuli);\n    $readmemb(\"expected.mem\", expected);\n"
             "    mask = 0; clk = 0; printed = 0; due = 0; beats = 0;\n"
             "    mismatches = 0; latency_errors = 0; protocol_errors = 0;\n"
             "    for (clock = 0; clock < CLOCKS; clock = clock + 1) begin\n"
             "      {{rst, in_valid, in_first, {}in_data}} = stimuli[clock];\n"
             "      {{matters, valid, first, last, data}} = expected[clock];\n",
             plan.mask_bits() > 0 ? "mask, " : "") +
         kProcess;
}

}  // namespace

std::map<std::string, std::string> verilog_testbench(const TestPlan& plan) {
  const std::string header =
      "// testbench: sends stimuli.mem to the core and compares with expected.mem. Prints PASS or FAIL. Generated.\n"
      "`resetall\n`timescale 1ns / 1ps\n`default_nettype none\n\nmodule testbench;\n\n";
  return {{"testbench.v", header + constants(plan) + declarations(plan) + instance(plan) + process(plan)},
          {"stimuli.mem", stimuli_text(plan)},
          {"expected.mem", expected_text(plan)}};
}

}  // namespace rtlgen
