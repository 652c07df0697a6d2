// Products, squares and dot products in LUTs, and two products in a DSP block: against integers, and what they take.
#include "primitives/lut_multiply.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "primitives/dual_multiply.hpp"
#include "rtlgen/device/find_device.hpp"
#include "rtlgen/files/text_file.hpp"
#include "rtlgen/netlist/rtl_library.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/tools.hpp"

namespace rtlgen::testing {
namespace {

LutPlan planned(const LutProducts& products, int steps) {
  return lut_plan(products, steps, find_device("xcvu13p").delays);
}

const std::vector<std::string> kModules = {"booth_row",    "carry_add",       "delay_line",  "dual_multiply",
                                           "lut_multiply", "lut_dot_product", "lut_square",  "product_table",
                                           "row_heap",     "square_row",      "square_table"};

/// The library's modules in a folder; `from` in `module` becomes `to`, to plant a fault.
void write_library(const TemporaryFolder& folder, const std::string& module = "", const std::string& from = "",
                   const std::string& to = "") {
  for (const std::string& name : kModules) {
    std::string text = rtl_library().at(name);
    if (name == module) {
      const std::size_t at = text.find(from);
      REQUIRE(at != std::string::npos);
      text.replace(at, from.size(), to);
    }
    write_file(folder.path() / (name + ".v"), text);
  }
}

std::string file_list() {
  std::string list;
  for (const std::string& name : kModules) {
    list += " " + name + ".v";
  }
  return list;
}

/// A module of sums of products or squares, and what it is to compute.
struct Case {
  LutProducts products;
  int steps = 1;
  std::uint64_t registers = 0;

  bool is_multiplier() const { return products.count == 1 && !products.square; }
  int b_width() const { return products.square ? products.a.width : products.b.width; }
  int out_width() const {
    int extra = 0;
    while ((1 << extra) < products.count) {
      ++extra;
    }
    return products.a.width + b_width() + extra;
  }
  std::string top() const {
    return products.square ? "lut_square" : products.count == 1 ? "lut_multiply" : "lut_dot_product";
  }
  /// Name and value of each parameter.
  std::vector<std::pair<std::string, std::string>> parameters() const {
    std::vector<std::pair<std::string, std::string>> list = {{"A_W", std::to_string(products.a.width)},
                                                             {"A_SIGNED", products.a.is_signed ? "1" : "0"},
                                                             {"STEPS", std::to_string(steps)},
                                                             {"REGISTERS", fmt::format("{}'d{}", steps, registers)}};
    if (!products.square) {
      list.insert(list.end(),
                  {{"B_W", std::to_string(products.b.width)}, {"B_SIGNED", products.b.is_signed ? "1" : "0"}});
    }
    if (!is_multiplier()) {
      list.emplace_back("COUNT", std::to_string(products.count));
    }
    return list;
  }
  std::string text() const {
    return fmt::format("{} x {}{} * {}{}{}, {} steps, registers {}", products.count, products.a.width,
                       products.a.is_signed ? "s" : "u", products.b.width, products.b.is_signed ? "s" : "u",
                       products.square ? " squares" : "", steps, registers);
  }
};

Case make_case(const LutProducts& products, int more_steps = 0, std::uint64_t registers = 0) {
  Case test{products, std::min(least_lut_steps(products) + more_steps, most_lut_steps(products)), 0};
  test.registers = registers & ((std::uint64_t{1} << test.steps) - 1);
  return test;
}

std::int64_t value_of(std::uint64_t bits, const LutOperand& format) {
  const auto value = static_cast<std::int64_t>(bits);
  return format.is_signed && (bits >> (format.width - 1) & 1) != 0 ? value - (std::int64_t{1} << format.width) : value;
}

/// Bits of an operand: any, or one of those at the ends.
std::uint64_t random_bits(Dice& dice, int width) {
  const std::uint64_t all = (std::uint64_t{1} << width) - 1;
  switch (dice.below(8)) {
    case 0:
      return all;
    case 1:
      return all >> 1;
    case 2:
      return (all >> 1) + 1;
    default:
      return dice.bits() & all;
  }
}

/// `bits` as Verilog's hexadecimal digits stand in a row of a memory, one field after the other, the first one lowest.
std::string join_fields(const std::vector<std::pair<std::uint64_t, int>>& fields) {
  std::string digits;
  int nibble = 0;
  int place = 0;
  for (const auto& [bits, width] : fields) {
    for (int i = 0; i < width; ++i) {
      nibble |= static_cast<int>(bits >> i & 1) << place;
      if (++place == 4) {
        digits += "0123456789abcdef"[nibble];
        nibble = place = 0;
      }
    }
  }
  if (place > 0) {
    digits += "0123456789abcdef"[nibble];
  }
  std::reverse(digits.begin(), digits.end());
  return digits;
}

/// Rows of a memory: result, elements of b, elements of a, from the lowest bits. All operands where they have few bits.
std::string vectors(const Case& test, Dice& dice, int& number) {
  constexpr int kFewBits = 12;
  constexpr int kRandom = 600;
  const LutProducts& products = test.products;
  const int b_bits = products.square ? 0 : products.b.width;
  const int bits = products.count * (products.a.width + b_bits);
  number = bits <= kFewBits ? 1 << bits : kRandom;
  std::string text;
  for (int i = 0; i < number; ++i) {
    std::vector<std::pair<std::uint64_t, int>> as;
    std::vector<std::pair<std::uint64_t, int>> bs;
    const bool alike = dice.percent(20);
    auto rest = static_cast<std::uint64_t>(i);
    std::int64_t sum = 0;
    for (int k = 0; k < products.count; ++k) {
      const auto next = [&](const std::vector<std::pair<std::uint64_t, int>>& before, int width) {
        const std::uint64_t all = (std::uint64_t{1} << width) - 1;
        const std::uint64_t counted = rest & all;
        rest = bits <= kFewBits ? rest >> width : rest;
        return bits <= kFewBits ? counted : alike && k > 0 ? before.front().first : random_bits(dice, width);
      };
      as.emplace_back(next(as, products.a.width), products.a.width);
      const std::int64_t a = value_of(as.back().first, products.a);
      if (products.square) {
        sum += a * a;
      } else {
        bs.emplace_back(next(bs, products.b.width), products.b.width);
        sum += a * value_of(bs.back().first, products.b);
      }
    }
    std::vector<std::pair<std::uint64_t, int>> fields = {{static_cast<std::uint64_t>(sum), test.out_width()}};
    fields.insert(fields.end(), bs.begin(), bs.end());
    fields.insert(fields.end(), as.begin(), as.end());
    text += join_fields(fields) + "\n";
  }
  return text;
}

/// A testbench that gives the rows of vectors.hex clock after clock and prints how many results are wrong, or "right".
std::string testbench(const Case& test, int number) {
  const LutProducts& products = test.products;
  const int a_bits = products.count * products.a.width;
  const int b_bits = products.square ? 0 : products.count * products.b.width;
  const int out = test.out_width();
  int latency = 0;
  for (std::uint64_t rest = test.registers; rest != 0; rest &= rest - 1) {
    ++latency;
  }
  std::string parameters;
  for (const auto& [name, value] : test.parameters()) {
    parameters += fmt::format("{}.{}({})", parameters.empty() ? "" : ", ", name, value);
  }
  return fmt::format(
      "`timescale 1ns/1ps\nmodule bench;\n"
      "reg clk;\nreg [{row}:0] rows [0:{last}];\nreg [{row}:0] now;\nreg [{row}:0] then;\n"
      "wire [{out}:0] y;\ninteger i, errors;\n"
      "{top} #({parameters}) dut (.clk(clk), .a(now[{a_low} +: {a_bits}]){b}, .{port}(y));\n"
      "initial begin\n  $readmemh(\"vectors.hex\", rows);\n  clk = 0;\n  errors = 0;\n"
      "  for (i = 0; i < {number} + {latency}; i = i + 1) begin\n    now = rows[i % {number}];\n    #1;\n"
      "    if (i >= {latency}) begin\n      then = rows[i - {latency}];\n"
      "      if (y !== then[{out}:0]) errors = errors + 1;\n    end\n    clk = 1;\n    #1;\n    clk = 0;\n    #1;\n  "
      "end\n"
      "  if (errors != 0) $display(\"%0d wrong\", errors);\nend\nendmodule\n",
      fmt::arg("row", a_bits + b_bits + out - 1), fmt::arg("last", number - 1), fmt::arg("out", out - 1),
      fmt::arg("top", test.top()), fmt::arg("parameters", parameters), fmt::arg("a_low", out + b_bits),
      fmt::arg("a_bits", a_bits), fmt::arg("b", products.square ? "" : fmt::format(", .b(now[{} +: {}])", out, b_bits)),
      fmt::arg("port", test.is_multiplier() ? "p" : "y"), fmt::arg("number", number), fmt::arg("latency", latency));
}

/// What the simulation says: nothing if all results are right.
std::string simulated(const TemporaryFolder& folder, const Case& test, unsigned seed) {
  Dice dice(seed);
  int number = 0;
  write_file(folder.path() / "vectors.hex", vectors(test, dice, number));
  write_file(folder.path() / "bench.v", testbench(test, number));
  std::vector<std::string> command = {"iverilog", "-Wall", "-g2005", "-s", "bench", "-o", "bench.vvp", "bench.v"};
  for (const std::string& name : kModules) {
    command.push_back(name + ".v");
  }
  const std::string said = complaints(folder, command);
  return said.empty() ? complaints(folder, {"vvp", "-n", "bench.vvp"}) : said;
}

LutProducts random_products(Dice& dice) {
  const bool square = dice.percent(35);
  const int count = dice.percent(40) ? 1 : dice.number(2, 8);
  return {count, {dice.number(1, 10), dice.percent(60)}, {dice.number(1, 10), dice.percent(60)}, square};
}

TEST_CASE("LUT multipliers: random sizes compute what integers do", "[lut_multiply][rtl]") {
  const TemporaryFolder folder;
  write_library(folder);
  for (unsigned seed = 1; seed <= 60; ++seed) {
    Dice dice(seed);
    const Case test = make_case(random_products(dice), dice.below(4), dice.percent(50) ? dice.bits() : 0);
    CAPTURE(seed, test.text());
    CHECK(simulated(folder, test, seed) == "");
  }
}

TEST_CASE("LUT multipliers: registers may stand in front of every step", "[lut_multiply][rtl]") {
  const TemporaryFolder folder;
  write_library(folder);
  for (const LutProducts& products :
       {LutProducts{1, {3, true}, {3, true}, false}, LutProducts{1, {7, true}, {7, false}, false},
        LutProducts{2, {5, true}, {6, true}, false}, LutProducts{1, {9, true}, {}, true}}) {
    const int steps = make_case(products, 1).steps;
    for (std::uint64_t registers = 0; registers < std::uint64_t{1} << steps; ++registers) {
      const Case test = make_case(products, 1, registers);
      CAPTURE(test.text());
      CHECK(simulated(folder, test, 1) == "");
    }
  }
}

TEST_CASE("LUT multipliers: planted faults are seen", "[lut_multiply][rtl]") {
  const Case product = make_case({1, {7, true}, {8, true}, false});
  const Case dot_product = make_case({3, {5, true}, {6, true}, false}, 0, 5);
  const Case square = make_case({1, {8, true}, {}, true});
  const auto seen = [](const Case& test, const std::string& module, const std::string& from, const std::string& to) {
    const TemporaryFolder folder;
    write_library(folder, module, from, to);
    return simulated(folder, test, 1) != "";
  };
  CHECK(!seen(product, "", "", ""));
  CHECK(seen(product, "booth_row", "assign negate = high;", "assign negate = 1'b0;"));
  CHECK(seen(dot_product, "row_heap", ".carry(y_carry)", ".carry(1'b0)"));
  CHECK(seen(dot_product, "row_heap", "REGISTERS[CHAIN_STEPS+t-1]", "REGISTERS[0]"));
  CHECK(seen(square, "square_row", "upper ^ {UPPER_W{high}}", "upper"));
  CHECK(seen(make_case({1, {3, true}, {3, true}, false}), "product_table", "A_SIGNED != 0 &&", "A_SIGNED == 0 &&"));
}

/// What yosys says of a module against its definition; empty: they are proved to be the same.
std::string proof(const Case& test, int error = 0) {
  const TemporaryFolder folder;
  write_library(folder);
  const LutProducts& products = test.products;
  const auto number = [](const std::string& name, int index, const LutOperand& format) {
    const std::string bits = fmt::format("{}[{} +: {}]", name, index * format.width, format.width);
    return fmt::format(format.is_signed ? "$signed({})" : "$signed({{1'b0, {}}})", bits);
  };
  std::string wires;
  std::string sum = std::to_string(error);
  for (int i = 0; i < products.count; ++i) {
    wires += fmt::format("  wire signed [31:0] a{0} = {1};\n  wire signed [31:0] b{0} = {2};\n", i,
                         number("a", i, products.a),
                         products.square ? number("a", i, products.a) : number("b", i, products.b));
    sum += fmt::format(" + a{0} * b{0}", i);
  }
  write_file(
      folder.path() / "definition.v",
      fmt::format("module definition(input wire clk, input wire [{}:0] a, {}output wire [{}:0] {});\n{}"
                  "  wire signed [31:0] sum = {};\n  assign {} = sum[{}:0];\nendmodule\n",
                  products.count * products.a.width - 1,
                  products.square ? "" : fmt::format("input wire [{}:0] b, ", products.count * products.b.width - 1),
                  test.out_width() - 1, test.is_multiplier() ? "p" : "y", wires, sum, test.is_multiplier() ? "p" : "y",
                  test.out_width() - 1));
  std::string parameters;
  for (const auto& [name, value] : test.parameters()) {
    parameters += fmt::format(" -set {} {}", name, value);
  }
  return complaints(
      folder, {"yosys", "-q", "-p",
               fmt::format("read_verilog definition.v{}; chparam{} {}; hierarchy; proc; check -assert; miter -equiv "
                           "-flatten -make_assert definition {} miter; hierarchy -top miter; opt; sat -verify "
                           "-prove-asserts miter",
                           file_list(), parameters, test.top(), test.top())});
}

TEST_CASE("LUT multipliers: small ones are proved to be their definition", "[lut_multiply][formal][rtl]") {
  for (const LutProducts& products :
       {LutProducts{1, {3, true}, {3, true}, false}, LutProducts{1, {4, true}, {4, true}, false},
        LutProducts{1, {5, false}, {4, true}, false}, LutProducts{1, {5, true}, {5, true}, false},
        LutProducts{1, {4, false}, {5, false}, false}, LutProducts{2, {3, true}, {3, true}, false},
        LutProducts{1, {7, true}, {}, true}, LutProducts{2, {4, true}, {}, true}}) {
    const Case test = make_case(products);
    CAPTURE(test.text());
    CHECK(proof(test) == "");
  }
  CHECK(proof(make_case({1, {4, true}, {4, true}, false}), 1) != "");
}

/// Cells of a module by type, as synthesized for UltraScale+.
nlohmann::json cells(const std::string& top, const std::vector<std::pair<std::string, std::string>>& parameters) {
  const TemporaryFolder folder;
  write_library(folder);
  std::string set;
  for (const auto& [name, value] : parameters) {
    set += fmt::format(" -chparam {} {}", name, value);
  }
  const std::string script = fmt::format(
      "read_verilog -defer{}; hierarchy -top {}{}; synth_xilinx -family xcup -flatten -noiopad; tee -q -o "
      "cells.json stat -json",
      file_list(), top, set);
  REQUIRE(complaints(folder, {"yosys", "-q", "-p", script}) == "");
  return nlohmann::json::parse(std::ifstream(folder.path() / "cells.json")).at("design").at("num_cells_by_type");
}

int luts(const nlohmann::json& by_type) {
  int sum = 0;
  for (const auto& [type, number] : by_type.items()) {
    sum += (type.rfind("LUT", 0) == 0 && type.size() == 4) || type == "INV" ? number.get<int>() : 0;
  }
  return sum;
}

TEST_CASE("LUT multipliers: Yosys makes them of no more LUTs than wanted", "[lut_multiply][lut_count][rtl]") {
  struct Wanted {
    int width;
    int luts;
  };
  for (const Wanted& wanted : {Wanted{3, 9}, Wanted{4, 16}, Wanted{5, 26}, Wanted{6, 38}, Wanted{8, 64}}) {
    const Case test = make_case({1, {wanted.width, true}, {wanted.width, true}, false});
    CAPTURE(test.text());
    CHECK(luts(cells(test.top(), test.parameters())) <= wanted.luts);
  }
}

TEST_CASE("LUT multipliers: the estimate is within 15 percent of Yosys", "[lut_multiply][lut_count][rtl]") {
  // Two LUTs are more than that of the smallest.
  constexpr double kShare = 0.15;
  constexpr int kFew = 2;
  for (unsigned seed = 1; seed <= 24; ++seed) {
    Dice dice(seed);
    const bool square = dice.percent(30);
    const int count = dice.percent(70) ? 1 : dice.number(2, 5);
    const Case test = make_case(
        {count, {dice.number(2, 12), dice.percent(75)}, {dice.number(2, 12), dice.percent(75)}, square}, dice.below(3));
    const int made = luts(cells(test.top(), test.parameters()));
    const int told = planned(test.products, test.steps).luts;
    CAPTURE(seed, test.text(), made, told);
    CHECK(std::abs(made - told) <= std::max<double>(kFew, kShare * made));
  }
}

TEST_CASE("LUT multipliers: a plan has a place for registers in front of each step", "[lut_multiply]") {
  const LutPlan plan = planned({1, {8, true}, {8, true}, false}, 2);
  REQUIRE(plan.steps.size() == 2);
  CHECK(plan.steps[0].bits == 16);
  // Two chains of two rows, 12 bits each.
  CHECK(plan.steps[1].bits == 24);
  // A row in a carry chain of 10 bits and one below, an adder behind it; then an adder of 12 bits.
  CHECK(plan.steps[0].delay == (350 + 100 + 150 + 3 * 30 + 120) + (350 + 100 + 150 + 3 * 30 + 120));
  CHECK(plan.steps[1].delay == 350 + 100 + 150 + 4 * 30 + 120);
  CHECK(planned({1, {3, true}, {3, true}, false}, 1).steps[0].delay == 450);
  CHECK(planned({1, {8, true}, {8, true}, false}, 3).luts < plan.luts);
  CHECK_THROWS_AS(planned({1, {8, true}, {8, true}, false}, 1), std::invalid_argument);
  CHECK_THROWS_AS(planned({1, {8, true}, {8, true}, false}, 4), std::invalid_argument);
  CHECK_THROWS_AS(planned({0, {8, true}, {8, true}, false}, 1), std::invalid_argument);
  CHECK_THROWS_AS(least_lut_steps({1, {31, true}, {30, true}, false}), std::invalid_argument);
}

TEST_CASE("LUT multipliers: no tool finds anything in them", "[lut_multiply][lint]") {
  const TemporaryFolder folder;
  write_library(folder);
  std::vector<Case> tests = {make_case({1, {3, true}, {2, false}, false}, 0, 1),
                             make_case({1, {12, false}, {1, true}, false})};
  for (unsigned seed = 1; seed <= 10; ++seed) {
    Dice dice(seed);
    tests.push_back(make_case(random_products(dice), dice.below(3), dice.bits()));
  }
  for (const Case& test : tests) {
    std::vector<std::string> command = {"verilator", "--lint-only", "-Wall", "--top-module", test.top()};
    for (const auto& [name, value] : test.parameters()) {
      command.push_back("-G" + name + "=" + value);
    }
    for (const std::string& name : kModules) {
      command.push_back(name + ".v");
    }
    CAPTURE(test.text());
    CHECK(complaints(folder, command) == "");
  }
}

/// What yosys says of dual_multiply against its definition.
std::string dual_proof(int a1, int a2, int b, int error) {
  const TemporaryFolder folder;
  write_library(folder);
  write_file(folder.path() / "definition.v",
             fmt::format("module definition(input wire clk, input wire signed [{}:0] a1, input wire signed [{}:0] a2, "
                         "input wire signed [{}:0] b, output wire signed [{}:0] p1, output wire signed [{}:0] p2);\n"
                         "  assign p1 = a1 * b + {};\n  assign p2 = a2 * b;\nendmodule\n",
                         a1 - 1, a2 - 1, b - 1, a1 + b - 1, a2 + b - 1, error));
  return complaints(folder, {"yosys", "-q", "-p",
                             fmt::format("read_verilog definition.v{}; chparam -set A1_W {} -set A2_W {} -set B_W {} "
                                         "dual_multiply; hierarchy; proc; check -assert; miter -equiv -flatten "
                                         "-make_assert definition dual_multiply miter; hierarchy -top miter; opt; sat "
                                         "-verify -prove-asserts miter",
                                         file_list(), a1, a2, b)});
}

TEST_CASE("dual_multiply: is proved to be two products", "[lut_multiply][formal][rtl]") {
  CHECK(dual_proof(2, 3, 2, 0) == "");
  CHECK(dual_proof(3, 3, 3, 0) == "");
  CHECK(dual_proof(4, 2, 3, 0) == "");
  CHECK(dual_proof(1, 1, 2, 0) == "");
  CHECK(dual_proof(3, 3, 3, 1) != "");
}

/// What a simulation of dual_multiply says of random numbers, those at the ends among them.
std::string dual_simulated(int a1, int a2, int b, int registers, unsigned seed) {
  constexpr int kNumber = 2000;
  const TemporaryFolder folder;
  write_library(folder);
  Dice dice(seed);
  std::string rows;
  for (int i = 0; i < kNumber; ++i) {
    const std::uint64_t x1 = random_bits(dice, a1);
    const std::uint64_t x2 = random_bits(dice, a2);
    const std::uint64_t y = random_bits(dice, b);
    const auto product = [&](std::uint64_t x, int width) {
      return static_cast<std::uint64_t>(value_of(x, {width, true}) * value_of(y, {b, true}));
    };
    rows += join_fields({{product(x1, a1), a1 + b}, {product(x2, a2), a2 + b}, {x1, a1}, {x2, a2}, {y, b}}) + "\n";
  }
  write_file(folder.path() / "vectors.hex", rows);
  int latency = 0;
  for (int step = 0; step < kDualMultiplySteps; ++step) {
    latency += registers >> step & 1;
  }
  const int results = a1 + a2 + 2 * b;
  write_file(folder.path() / "bench.v",
             fmt::format(
                 "`timescale 1ns/1ps\nmodule bench;\nreg clk;\nreg [{row}:0] rows [0:{last}];\nreg [{row}:0] now;\n"
                 "reg [{row}:0] then;\nwire [{p1}:0] p1;\nwire [{p2}:0] p2;\ninteger i, errors;\n"
                 "dual_multiply #(.A1_W({a1}), .A2_W({a2}), .B_W({b}), .REGISTERS(4'd{registers})) dut (.clk(clk), "
                 ".a1(now[{at} +: {a1}]), .a2(now[{at}+{a1} +: {a2}]), .b(now[{at}+{a1}+{a2} +: {b}]), .p1(p1), "
                 ".p2(p2));\ninitial begin\n  $readmemh(\"vectors.hex\", rows);\n  clk = 0;\n  errors = 0;\n"
                 "  for (i = 0; i <= {last}; i = i + 1) begin\n    now = rows[i];\n    #1;\n    if (i >= {latency}) "
                 "begin\n      then = rows[i - {latency}];\n      if ({{p2, p1}} !== then[{at}-1:0]) errors = errors + "
                 "1;\n    end\n    clk = 1;\n    #1;\n    clk = 0;\n    #1;\n  end\n"
                 "  if (errors != 0) $display(\"%0d wrong\", errors);\nend\nendmodule\n",
                 fmt::arg("row", results + a1 + a2 + b - 1), fmt::arg("last", kNumber - 1), fmt::arg("p1", a1 + b - 1),
                 fmt::arg("p2", a2 + b - 1), fmt::arg("a1", a1), fmt::arg("a2", a2), fmt::arg("b", b),
                 fmt::arg("registers", registers), fmt::arg("at", results), fmt::arg("latency", latency)));
  const std::string said = complaints(folder, {"iverilog", "-Wall", "-g2005", "-s", "bench", "-o", "bench.vvp",
                                               "bench.v", "dual_multiply.v", "carry_add.v", "delay_line.v"});
  return said.empty() ? complaints(folder, {"vvp", "-n", "bench.vvp"}) : said;
}

TEST_CASE("dual_multiply: all registers, and widths too large for a proof", "[lut_multiply][rtl]") {
  for (int registers = 0; registers < 1 << kDualMultiplySteps; ++registers) {
    CAPTURE(registers);
    CHECK(dual_simulated(8, 8, 8, registers, 1) == "");
  }
  for (unsigned seed = 1; seed <= 10; ++seed) {
    Dice dice(seed);
    const int a1 = dice.number(1, 10);
    const int a2 = dice.number(1, 10);
    const int b = dice.number(2, 10);
    CAPTURE(seed, a1, a2, b);
    CHECK(dual_simulated(a1, a2, b, dice.below(16), seed) == "");
  }
}

TEST_CASE("dual_multiply: is one DSP block where it fits", "[lut_multiply][lut_count][rtl]") {
  CHECK(fits_dual_multiply(8, 8, 8));
  CHECK(fits_dual_multiply(10, 8, 8));
  CHECK(!fits_dual_multiply(11, 8, 8));
  CHECK(!fits_dual_multiply(1, 1, 1));
  CHECK(!fits_dual_multiply(1, 1, 19));
  const auto made = [](int a1, int a2, int b) {
    return cells("dual_multiply",
                 {{"A1_W", std::to_string(a1)}, {"A2_W", std::to_string(a2)}, {"B_W", std::to_string(b)}});
  };
  for (const std::vector<int>& widths : {std::vector<int>{8, 8, 8}, {10, 8, 8}, {4, 4, 18}, {3, 2, 3}}) {
    CAPTURE(widths);
    REQUIRE(fits_dual_multiply(widths[0], widths[1], widths[2]));
    const nlohmann::json by_type = made(widths[0], widths[1], widths[2]);
    CHECK(by_type.value("DSP48E2", 0) == 1);
    CHECK(std::abs(luts(by_type) - dual_multiply_luts(widths[0])) <= 1);
  }
  CHECK(made(11, 8, 8).value("DSP48E2", 0) > 1);
}

}  // namespace
}  // namespace rtlgen::testing
