#include "rtlgen/deliver/cmvm_testbench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "rtlgen/netlist/literals.hpp"

namespace rtlgen {
namespace {

constexpr int kRandomVectors = 200;

using Vector = std::vector<std::int64_t>;

/// Uniform over the interval, from a generator that is the same everywhere, other than the distributions of <random>.
std::int64_t random_mantissa(std::mt19937_64& random, const Interval& interval) {
  const auto count = static_cast<std::uint64_t>(interval.hi - interval.lo) + 1;
  return interval.lo + static_cast<std::int64_t>(random() % count);
}

/// x W in plain arithmetic.
Vector product(const IntegerMatrix& matrix, const Vector& x) {
  Vector y;
  for (int o = 0; o < matrix.outputs; ++o) {
    std::int64_t sum = 0;
    for (int i = 0; i < matrix.inputs; ++i) {
      sum += x[static_cast<std::size_t>(i)] * matrix.at(i, o);
    }
    y.push_back(sum);
  }
  return y;
}

const char* const kProcess = R"(
  initial begin
    clk = 1'b0;
    wrong = 0;
    for (clock = 0; clock < VECTORS + LATENCY; clock = clock + 1) begin
      if (clock < VECTORS) x = sent[clock];
      else x = {X_W{1'bx}};
      #5;
      if (clock >= LATENCY && y !== expected[clock-LATENCY]) begin
        wrong = wrong + 1;
        if (wrong <= 5)
          $display("vector %0d: x = %h, expected y = %h, got %h", clock - LATENCY, sent[clock-LATENCY],
                   expected[clock-LATENCY], y);
      end
      clk = 1'b1;
      #5 clk = 1'b0;
    end
    if (wrong == 0) $display("PASS: %0d vectors", VECTORS);
    else $display("FAIL: %0d of %0d vectors", wrong, VECTORS);
    $finish;
  end

endmodule

`resetall
)";

}  // namespace

std::vector<Vector> cmvm_vectors(const Cmvm& cmvm) {
  const std::vector<Interval>& intervals = cmvm.input.intervals;
  const std::size_t inputs = intervals.size();
  std::vector<Vector> vectors;
  std::set<Vector> known;
  const auto add = [&](Vector x) {
    if (known.insert(x).second) {
      vectors.push_back(std::move(x));
    }
  };
  Vector lowest;
  Vector middle;  // 0 where that can be
  Vector highest;
  for (const Interval& interval : intervals) {
    lowest.push_back(interval.lo);
    middle.push_back(std::clamp(std::int64_t{0}, interval.lo, interval.hi));
    highest.push_back(interval.hi);
  }
  add(middle);
  add(lowest);
  add(highest);
  for (std::size_t i = 0; i < inputs; ++i) {
    for (const Vector& end : {lowest, highest}) {
      Vector x = middle;
      x[i] = end[i];
      add(std::move(x));
    }
  }
  for (int o = 0; o < cmvm.matrix.outputs; ++o) {
    Vector largest = middle;
    Vector smallest = middle;
    for (std::size_t i = 0; i < inputs; ++i) {
      const std::int64_t weight = cmvm.matrix.at(static_cast<int>(i), o);
      if (weight != 0) {
        largest[i] = weight > 0 ? highest[i] : lowest[i];
        smallest[i] = weight > 0 ? lowest[i] : highest[i];
      }
    }
    add(std::move(largest));
    add(std::move(smallest));
  }
  std::mt19937_64 random(1);
  for (int n = 0; n < kRandomVectors; ++n) {
    Vector x;
    for (const Interval& interval : intervals) {
      x.push_back(random_mantissa(random, interval));
    }
    add(std::move(x));
  }
  return vectors;
}

std::string cmvm_testbench(const Cmvm& cmvm) {
  const std::vector<Vector> vectors = cmvm_vectors(cmvm);
  std::string text = fmt::format(
      "// cmvm_tb: sends a vector each clock to cmvm and compares every bit, {} clocks later. Prints PASS or FAIL.\n"
      "// Generated, with the products of vectors and matrix.\n"
      "`resetall\n`timescale 1ns / 1ps\n`default_nettype none\n\n"
      "module cmvm_tb;\n\n"
      "  localparam VECTORS = {};\n  localparam LATENCY = {};\n  localparam X_W = {};\n  localparam Y_W = {};\n\n",
      cmvm.pipeline.latency(), vectors.size(), cmvm.pipeline.latency(), cmvm.matrix.inputs * cmvm.input.width,
      cmvm.matrix.outputs * cmvm.output_width);
  text +=
      "  reg            clk;\n"
      "  reg  [X_W-1:0] x;\n"
      "  wire [Y_W-1:0] y;\n"
      "  reg  [X_W-1:0] sent [0:VECTORS-1];\n"
      "  reg  [Y_W-1:0] expected [0:VECTORS-1];\n"
      "  integer        clock, wrong;\n\n"
      "  cmvm dut (\n    .clk(clk),\n    .x(x),\n    .y(y)\n  );\n\n"
      "  initial begin\n";
  for (std::size_t n = 0; n < vectors.size(); ++n) {
    text +=
        fmt::format("    sent[{0}] = {1};\n    expected[{0}] = {2};\n", n, verilog_table(vectors[n], cmvm.input.width),
                    verilog_table(product(cmvm.matrix, vectors[n]), cmvm.output_width));
  }
  return text + "  end\n" + kProcess;
}

}  // namespace rtlgen
