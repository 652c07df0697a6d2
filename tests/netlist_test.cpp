// Modules, cells and expressions as Verilog, and the top modules of three tiny models.
//
// Remake tests/data/netlist/*.v where they are meant to change:
//   RTLGEN_WRITE_NETLISTS=tests/data/netlist build/tests/rtlgen_tests "netlist: the top module*"
#include <catch2/catch.hpp>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "rtlgen/deliver/emit_core.hpp"
#include "rtlgen/files/file_bytes.hpp"
#include "rtlgen/netlist/literals.hpp"
#include "rtlgen/netlist/name_scope.hpp"
#include "rtlgen/netlist/verilog.hpp"
#include "tests/support/program.hpp"
#include "tests/support/random_model.hpp"

namespace rtlgen::testing {
namespace {

TEST_CASE("netlist: slices of nets", "[netlist]") {
  const Expression net("x", 12);
  CHECK(net.text() == "x");
  CHECK(net.element(2, 4).text() == "x[8 +: 4]");
  CHECK(net.element(2, 4).bits(1, 2).text() == "x[9 +: 2]");
  CHECK(net.bits(11, 1).text() == "x[11]");
  CHECK(net.bits(0, 12).text() == "x");
  CHECK(Expression("valid").bits(0, 1).text() == "valid");
  CHECK_THROWS_AS(net.element(3, 4), std::logic_error);
  CHECK_THROWS_AS(net.element(1, 4).bits(1, 4), std::logic_error);
  CHECK_THROWS_AS(Expression::zeros(4).bits(0, 1), std::logic_error);
}

TEST_CASE("netlist: numbers, and values beside each other", "[netlist]") {
  const Expression net("x", 8);
  CHECK(Expression::number(-3, 4).text() == "-4'sd3");
  CHECK(Expression::ones(3).text() == "{3{1'b1}}");
  CHECK(Expression::zeros(3).text() == "3'd0");
  CHECK(verilog_table({1, -1, 2}, 4) == "12'h2f1");
  const Expression both = Expression::concatenation({Expression::zeros(1), net.element(1, 4)});
  CHECK(both.text() == "{1'd0, x[4 +: 4]}");
  CHECK(both.width() == 5);
  CHECK(Expression::concatenation({net}).text() == "x");
}

TEST_CASE("netlist: a number at another binary point and width", "[netlist]") {
  const Expression x = Expression("x", 8).element(1, 4);
  CHECK(x.aligned(0, 4).text() == "x[4 +: 4]");
  CHECK(x.aligned(2, 6).text() == "{x[4 +: 4], 2'd0}");
  CHECK(x.aligned(1, 8).text() == "{{3{x[7]}}, x[4 +: 4], 1'd0}");
  CHECK(x.aligned(1, 8).width() == 8);
}

TEST_CASE("netlist: names are unique for tools that do not know capital letters", "[netlist]") {
  NameScope names;
  names.reserve("clk");
  CHECK(names.make("Clk") == "Clk_");
  CHECK(names.part("x", "d3") == "x_d3");
  CHECK(names.part("x", "d3") == "x_d3");
  CHECK(names.make("X_D3") == "X_D3_");
}

Module small_module() {
  Module module{"small", "small: an example.\nLatency: 1 clock."};
  module.ports = {{PortKind::input, "clk"},
                  {PortKind::input, "x", 8, "2 x signed 4"},
                  {PortKind::output, "y", 4},
                  {PortKind::output_reg, "z"}};
  module.body.comment("One line.");
  const Expression sum = module.body.net("sum", 4);
  Cell& cell = module.body.cell("token_add", "add");
  cell.with("A_W", 4).with("A_SHIFT", -1).port("clk").port("a", Expression("x", 8).element(1, 4)).port("y", sum);
  cell.cost = {4, 5, 0, 0};
  cell.owner = "sum";
  module.body.wire("w");
  module.body.cell("delay_line", "line", CellKind::delay_line).port("q", "w").cost = {1, 2, 3, 4};
  module.body.assign(Expression("y", 4), sum);
  module.body.text("  always @(posedge clk) z <= w;\n");
  module.sinks = {"x", "sum"};
  return module;
}

TEST_CASE("netlist: a module as text", "[netlist]") {
  CHECK(to_verilog(small_module()) == R"(// small: an example.
// Latency: 1 clock.
`resetall
`timescale 1ns / 1ps
`default_nettype none

module small (
  input  wire clk,
  input  wire [7:0] x,  // 2 x signed 4
  output wire [3:0] y,
  output reg  z
);


  // One line.
  wire [3:0] sum;
  token_add #(
    .A_W(4),
    .A_SHIFT((-1))
  ) add (
    .clk(clk),
    .a(x[4 +: 4]),
    .y(sum)
  );
  wire w;
  delay_line line (
    .q(w)
  );
  assign y = sum;
  always @(posedge clk) z <= w;

  wire _unused = &{1'b0, x, sum};

endmodule

`resetall
)");
}

TEST_CASE("netlist: what cells take, by node and by kind", "[netlist]") {
  const Module module = small_module();
  CHECK(cost_of_node(module, "sum").ff == 5);
  CHECK(cost_of(module, CellKind::delay_line).dsp == 3);
  CHECK(cost_of(module, CellKind::control).lut == 0);
  CHECK(total_cost(module).lut == 5);
}

TEST_CASE("netlist: an assignment of another width is refused", "[netlist]") {
  Body body;
  CHECK_THROWS_AS(body.assign(Expression("y", 3), Expression("x", 4)), std::logic_error);
}

TEST_CASE("netlist: a body behind another keeps its order", "[netlist]") {
  Body first;
  first.net("a", 1);
  Body second;
  second.net("b", 1);
  second.net("c", 1);
  first.append(std::move(second));
  CHECK(first.net_names() == std::vector<std::string>{"a", "b", "c"});
}

/// A model of 4 tokens of 2 features, 2 a beat; all formats are said, so that the text depends on nothing else.
CompiledModel tiny_model(ModelFolder& folder, Dice& dice, const std::string& name, const std::string& mask,
                         const std::string& layers) {
  folder.write(dice,
               "model: " + name + "\ninput: {tokens: 4, features: 2, format: \"fixed<6,3>\", mask: " + mask +
                   "}\nweights: weights.npz\n"
                   "precision: {default: {weight: \"fixed<4,1>\", bias: \"fixed<6,3>\", activation: \"fixed<7,3>\", "
                   "score: \"fixed<8,4>\"}}\n"
                   "hardware: {clock_mhz: 300, tokens_per_beat: 2}\nlayers:\n" +
                   layers,
               4, 2, mask);
  return folder.compile();
}

/// Compares a top module with tests/data/netlist/, or writes it to the folder that RTLGEN_WRITE_NETLISTS names.
void settle(const CompiledModel& compiled) {
  const std::string name = compiled.signature.top;
  const std::string text = emit_core(compiled.graph, compiled.schedule).at(name);
  if (const char* const folder = std::getenv("RTLGEN_WRITE_NETLISTS"); folder != nullptr) {
    write_file_bytes(std::string(folder) + "/" + name + ".v", text);
    WARN("compared nothing: wrote " << name << ".v");
    return;
  }
  CHECK(text == read_text(source_folder() + "/tests/data/netlist/" + name + ".v"));
}

TEST_CASE("netlist: the top module of a dense layer", "[netlist]") {
  ModelFolder folder;
  Dice dice(1);
  folder.array(dice, "a.weight", {3, 2});
  folder.array(dice, "a.bias", {3});
  settle(tiny_model(folder, dice, "dense_core", "none", "  - {name: a, type: dense, units: 3}\n"));
}

TEST_CASE("netlist: the top module of a masked attention with its residual", "[netlist]") {
  ModelFolder folder;
  Dice dice(2);
  for (const std::string part : {"q", "k", "v"}) {
    folder.array(dice, "attn.w" + part, {1, 2, 2});
    folder.array(dice, "attn.b" + part, {1, 2});
  }
  folder.array(dice, "attn.wo", {2, 1, 2});
  folder.array(dice, "attn.bo", {2});
  settle(tiny_model(folder, dice, "attention_core", "valid",
                    "  - {name: attn, type: multi_head_attention, heads: 1, key_dim: 2, value_dim: 2}\n"
                    "  - {name: sum, add: [attn, event]}\n"));
}

TEST_CASE("netlist: the top module of a pool of real tokens and a dense layer", "[netlist]") {
  ModelFolder folder;
  Dice dice(3);
  folder.array(dice, "a.weight", {3, 2});
  folder.array(dice, "a.bias", {3});
  settle(tiny_model(folder, dice, "pool_core", "count",
                    "  - {name: p, type: pool, mode: mean}\n  - {name: a, type: dense, units: 3}\n"));
}

}  // namespace
}  // namespace rtlgen::testing
