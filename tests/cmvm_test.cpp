// cmvm: constant matrices as Verilog, against plain multiplication.
#include "rtlgen/deliver/cmvm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "ir/source_error.hpp"
#include "rtlgen/cli/commands.hpp"
#include "rtlgen/deliver/cmvm_testbench.hpp"
#include "rtlgen/deliver/write_cmvm.hpp"
#include "rtlgen/files/npy.hpp"
#include "rtlgen/files/text_file.hpp"
#include "tests/support/cmvm_bench.hpp"
#include "tests/support/tools.hpp"

namespace rtlgen::testing {
namespace {

using Files = std::map<std::string, std::string>;

constexpr int kInputBits = 10;

ConstantMatrixOptions stages_of(int levels) {
  ConstantMatrixOptions options;
  options.levels_per_stage = levels;
  return options;
}

ConstantMatrixOptions ternary_stages_of(int levels) {
  ConstantMatrixOptions options = stages_of(levels);
  options.ternary_adders = true;
  return options;
}

VectorFormat signed_inputs(int inputs, int bits) {
  const std::int64_t bound = std::int64_t{1} << (bits - 1);
  return {true, bits, 0, std::vector<Interval>(static_cast<std::size_t>(inputs), {-bound, bound - 1})};
}

Cmvm cmvm_of(const IntegerMatrix& matrix, int levels) {
  return make_cmvm(matrix, signed_inputs(matrix.inputs, 8), stages_of(levels), SolutionCache(), "W.npy");
}

bool passes(const std::string& said) { return said.rfind("PASS: ", 0) == 0 && said.find('\n') == said.size() - 1; }
bool fails(const std::string& said) { return said.find("\nFAIL: ") != std::string::npos; }

/// Replaces the first `from` behind `at`; it must be there.
std::string replaced(std::string text, const std::string& from, const std::string& to, std::size_t at = 0) {
  at = text.find(from, at);
  if (at == std::string::npos) {
    throw std::runtime_error("there is no '" + from + "'");
  }
  return text.replace(at, from.size(), to);
}

IntegerMatrix sample_matrix() { return {3, 3, {3, -5, 7, 11, 13, -2, -9, 0, 6}}; }

/// x0 + 2 x1 - 4 x2 and x0 + 4 x1 + 8 x2.
IntegerMatrix two_ternary_sums() { return {3, 2, {1, 1, 2, 4, -4, 8}}; }

TEST_CASE("cmvm: random matrices pass their own testbench", "[cmvm][rtl]") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const IntegerMatrix matrix = random_matrix(dice, dice.percent(20) ? 12 : 5, 16);
    const VectorFormat input = random_vector_format(dice, matrix.inputs, kInputBits);
    const std::string said =
        simulate_cmvm(make_cmvm(matrix, input, stages_of(dice.number(0, 3)), SolutionCache(), "W.npy"));
    CAPTURE(said);
    CHECK(passes(said));
  }
}

TEST_CASE("cmvm: random matrices with ternary adders pass their own testbench", "[cmvm][ternary][rtl]") {
  int ternary = 0;
  for (unsigned seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const IntegerMatrix matrix = random_matrix(dice, dice.percent(20) ? 12 : 5, 16);
    const VectorFormat input = random_vector_format(dice, matrix.inputs, kInputBits);
    const Cmvm cmvm =
        make_cmvm(matrix, input, ternary_stages_of(dice.pick<int>({0, 2, 3, 4})), SolutionCache(), "W.npy");
    const std::string said = simulate_cmvm(cmvm);
    CAPTURE(said);
    CHECK(passes(said));
    ternary += cmvm.pipeline.ternary_adders();
    CHECK(emit_cmvm(cmvm).count("shift_add3") == (cmvm.pipeline.ternary_adders() > 0 ? 1 : 0));
  }
  CHECK(ternary > 40);
}

TEST_CASE("cmvm: matrices with nothing much in them pass", "[cmvm][rtl]") {
  const std::vector<IntegerMatrix> matrices = {
      {1, 1, {1}},
      {1, 1, {0}},
      {1, 1, {-1}},
      {2, 3, {0, 0, 0, 0, 0, 0}},
      {1, 4, {1, -3, 8, 0}},
      {4, 1, {-8, 1, 0, 5}},
      {2, 2, {4, 0, 0, 16}},
      {2, 2, {-3, -4, -5, -8}},
      {2, 2, {65535, -65535, -65535, -65535}},
  };
  for (std::size_t index = 0; index < matrices.size(); ++index) {
    for (const int levels : {0, 1, 2}) {
      CAPTURE(index, levels);
      const std::string said = simulate_cmvm(cmvm_of(matrices[index], levels));
      CAPTURE(said);
      CHECK(passes(said));
    }
  }
}

TEST_CASE("cmvm: registers may be anywhere between inputs and outputs", "[cmvm][rtl]") {
  for (unsigned seed = 1; seed <= 15; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const IntegerMatrix matrix = random_matrix(dice, 6, 8);
    Cmvm cmvm = make_cmvm(matrix, random_vector_format(dice, matrix.inputs, kInputBits), stages_of(2), SolutionCache(),
                          "W.npy");
    std::vector<int> stage;
    int latency = 0;
    for (const AdderGraph::Node& node : cmvm.pipeline.graph.nodes) {
      int earliest = 0;
      if (node.kind == AdderGraph::Kind::adder) {
        for (const int operand : {node.a, node.b}) {
          earliest = std::max(earliest, stage.at(static_cast<std::size_t>(operand)));
        }
        earliest += dice.below(3);
      }
      stage.push_back(earliest);
      latency = std::max(latency, earliest);
    }
    cmvm.pipeline = make_adder_pipeline(cmvm.pipeline.graph, stage, latency + dice.below(2));
    const std::string said = simulate_cmvm(cmvm);
    CAPTURE(said);
    CHECK(passes(said));
  }
}

TEST_CASE("cmvm: the testbench sees planted faults", "[cmvm][fault][rtl]") {
  const Cmvm sound = cmvm_of(sample_matrix(), 2);
  const std::string testbench = cmvm_testbench(sound);
  const Files files = emit_cmvm(sound);
  REQUIRE(passes(simulate_cmvm(files, testbench)));
  const auto with = [&](const std::string& from, const std::string& to) {
    Files faulty = files;
    faulty["cmvm"] = replaced(faulty["cmvm"], from, to, faulty["cmvm"].find(");"));
    return simulate_cmvm(faulty, testbench);
  };
  CHECK(fails(with(".SUBTRACT(0)", ".SUBTRACT(1)")));
  CHECK(fails(with(".SUBTRACT(1)", ".SUBTRACT(0)")));
  CHECK(fails(with(".SHIFT_A(0)", ".SHIFT_A(1)")));
  CHECK(fails(with(".B_SIGNED(1)", ".B_SIGNED(0)")));
  CHECK(fails(with("_r1 <= ", "_r1 <= ~")));
  for (int weight = 0; weight < 9; ++weight) {
    CAPTURE(weight);
    IntegerMatrix matrix = sample_matrix();
    ++matrix.values[static_cast<std::size_t>(weight)];
    Cmvm other = cmvm_of(matrix, 2);
    REQUIRE(other.pipeline.latency() == sound.pipeline.latency());
    REQUIRE(other.output_width == sound.output_width);
    CHECK(fails(simulate_cmvm(emit_cmvm(other), testbench)));
  }
  Cmvm late = sound;
  late.pipeline = make_adder_pipeline(sound.pipeline.graph, sound.pipeline.stage, sound.pipeline.output_stage + 1);
  CHECK(fails(simulate_cmvm(emit_cmvm(late), testbench)));
}

TEST_CASE("cmvm: the testbench sees faults planted in ternary adders", "[cmvm][fault][ternary][rtl]") {
  const Cmvm sound = make_cmvm(two_ternary_sums(), signed_inputs(3, 8), ternary_stages_of(2), SolutionCache(), "W.npy");
  REQUIRE(sound.pipeline.ternary_adders() == 2);
  const std::string testbench = cmvm_testbench(sound);
  const Files files = emit_cmvm(sound);
  REQUIRE(passes(simulate_cmvm(files, testbench)));
  const auto with = [&](const std::string& file, const std::string& from, const std::string& to) {
    Files faulty = files;
    std::string& text = faulty.at(file);
    text = replaced(text, from, to, file == "cmvm" ? text.find("shift_add3 #") : 0);
    return simulate_cmvm(faulty, testbench);
  };
  CHECK(fails(with("cmvm", ".SUBTRACT(1)", ".SUBTRACT(0)")));
  CHECK(fails(with("cmvm", ".SHIFT_C(", ".SHIFT_C(1+")));
  CHECK(fails(with("cmvm", ".C_SIGNED(1)", ".C_SIGNED(0)")));
  CHECK(fails(with("shift_add3", "high_a + high_b + high_c", "high_a + high_b")));
  CHECK(fails(with("shift_add3", "high_a + high_b - high_c", "high_a - high_b - high_c")));
  CHECK(fails(with("shift_add3", "wide_a[LOW_W:1] | ", "")));
}

TEST_CASE("cmvm: the testbench sees faults planted in a difference of two", "[cmvm][fault][ternary][rtl]") {
  const Cmvm sound =
      make_cmvm({3, 1, {1, -2, -4}}, signed_inputs(3, 8), ternary_stages_of(2), SolutionCache(), "W.npy");
  REQUIRE(sound.pipeline.ternary_adders() == 1);
  const std::string testbench = cmvm_testbench(sound);
  const Files files = emit_cmvm(sound);
  REQUIRE(passes(simulate_cmvm(files, testbench)));
  const auto with = [&](const std::string& file, const std::string& from, const std::string& to) {
    Files faulty = files;
    faulty.at(file) = replaced(faulty.at(file), from, to);
    return simulate_cmvm(faulty, testbench);
  };
  CHECK(fails(with("cmvm", ".SUBTRACT(2)", ".SUBTRACT(1)")));
  CHECK(fails(with("cmvm", ".SUBTRACT(2)", ".SUBTRACT(0)")));
  CHECK(fails(with("shift_add3", "high_a - high_b - high_c", "high_a + high_b - high_c")));
}

/// What yosys says of the module against multiplication by `matrix` and as many registers; empty: they are the same.
std::string formal_difference(const Cmvm& cmvm, const IntegerMatrix& matrix) {
  std::string reference = "module reference(input wire clk, ";
  reference += fmt::format("input wire [{}:0] x, output wire [{}:0] y);\n", matrix.inputs * cmvm.input.width - 1,
                           matrix.outputs * cmvm.output_width - 1);
  for (int i = 0; i < matrix.inputs; ++i) {
    reference += fmt::format("  wire signed [{0}:0] x{1} = {2}x[{3} +: {0}]{4};\n", cmvm.input.width, i,
                             cmvm.input.is_signed ? "$signed(" : "{1'b0, ", i * cmvm.input.width,
                             cmvm.input.is_signed ? ")" : "}");
  }
  std::string previous = "{";
  for (int o = matrix.outputs - 1; o >= 0; --o) {
    reference += fmt::format("  wire signed [{}:0] y{} = 0", cmvm.output_width - 1, o);
    for (int i = 0; i < matrix.inputs; ++i) {
      reference += fmt::format(" + x{} * ({})", i, matrix.at(i, o));
    }
    reference += ";\n";
    previous += fmt::format("y{}{}", o, o > 0 ? ", " : "}");
  }
  for (int stage = 0; stage < cmvm.pipeline.latency(); ++stage) {
    reference += fmt::format("  reg [{}:0] r{};\n  always @(posedge clk) r{} <= {};\n",
                             matrix.outputs * cmvm.output_width - 1, stage, stage, previous);
    previous = fmt::format("r{}", stage);
  }
  reference += fmt::format("  assign y = {};\nendmodule\n", previous);
  const TemporaryFolder folder;
  write_file(folder.path() / "reference.v", reference);
  std::string script = "read_verilog reference.v";
  for (const auto& [name, text] : emit_cmvm(cmvm)) {
    write_file(folder.path() / (name + ".v"), text);
    script += " " + name + ".v";
  }
  // By induction: what the registers held before is forgotten after as many clocks as there are stages.
  script += "; hierarchy; proc; miter -equiv -flatten -make_assert reference cmvm miter; hierarchy -top miter; opt; ";
  script += cmvm.pipeline.latency() == 0
                ? "sat -verify -prove-asserts miter"
                : fmt::format("sat -verify -prove-asserts -tempinduct -seq {} miter", cmvm.pipeline.latency());
  return complaints(folder, {"yosys", "-q", "-p", script});
}

VectorFormat four_bit_inputs(int count, bool is_signed) {
  VectorFormat input = signed_inputs(count, 4);
  if (!is_signed) {
    input.is_signed = false;
    input.intervals.assign(input.intervals.size(), {0, 15});
  }
  return input;
}

TEST_CASE("cmvm: small matrices are proved to multiply", "[cmvm][formal][rtl]") {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const IntegerMatrix matrix = random_matrix(dice, 3, 6);
    const VectorFormat input = four_bit_inputs(matrix.inputs, seed % 2 != 0);
    const Cmvm cmvm = make_cmvm(matrix, input, stages_of(seed <= 5 ? 0 : 1), SolutionCache(), "W.npy");
    CHECK(formal_difference(cmvm, matrix) == "");
  }
}

TEST_CASE("cmvm: small matrices with ternary adders are proved to multiply", "[cmvm][formal][ternary][rtl]") {
  int ternary = 0;
  for (unsigned seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const IntegerMatrix matrix = random_matrix(dice, 3, 6);
    const VectorFormat input = four_bit_inputs(matrix.inputs, seed % 2 != 0);
    const Cmvm cmvm = make_cmvm(matrix, input, ternary_stages_of(seed <= 3 ? 0 : 8), SolutionCache(), "W.npy");
    CHECK(formal_difference(cmvm, matrix) == "");
    ternary += cmvm.pipeline.ternary_adders();
  }
  CHECK(ternary > 0);
  // One that consists of them, and the same proof with another matrix.
  IntegerMatrix matrix = two_ternary_sums();
  const Cmvm cmvm = make_cmvm(matrix, signed_inputs(3, 3), ternary_stages_of(2), SolutionCache(), "W.npy");
  REQUIRE(cmvm.pipeline.ternary_adders() == 2);
  REQUIRE(cmvm.pipeline.adders() == 2);
  CHECK(formal_difference(cmvm, matrix) == "");
  ++matrix.values[3];
  CHECK(formal_difference(cmvm, matrix) != "");
}

TEST_CASE("cmvm: the proof fails for another matrix", "[cmvm][formal][rtl]") {
  for (const int levels : {0, 2}) {
    CAPTURE(levels);
    const IntegerMatrix matrix = sample_matrix();
    const Cmvm cmvm = make_cmvm(matrix, signed_inputs(3, 3), stages_of(levels), SolutionCache(), "W.npy");
    CHECK(formal_difference(cmvm, matrix) == "");
    IntegerMatrix other = matrix;
    other.values[4] -= 1;
    CHECK(formal_difference(cmvm, other) != "");
  }
}

TEST_CASE("cmvm: no tool finds anything in random matrices", "[cmvm][lint]") {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    const IntegerMatrix matrix = random_matrix(dice, 6, 16);
    ConstantMatrixOptions options = stages_of(dice.number(0, 3));
    options.ternary_adders = seed % 2 == 0;
    const Cmvm cmvm =
        make_cmvm(matrix, random_vector_format(dice, matrix.inputs, kInputBits), options, SolutionCache(), "W.npy");
    const TemporaryFolder folder;
    write_cmvm(folder.path(), cmvm);
    CHECK(complaints(folder, {"verilator", "--lint-only", "-Wall", "--top-module", "cmvm", "-f", "cmvm.f"}) == "");
    CHECK(complaints(folder, {"iverilog", "-Wall", "-g2005", "-t", "null", "-s", "cmvm_tb", "-c", "cmvm.f",
                              "sim/cmvm_tb.v"}) == "");
    std::string script = "read_verilog";
    for (const auto& entry : emit_cmvm(cmvm)) {
      script += " src/" + entry.first + ".v";
    }
    CHECK(complaints(folder, {"yosys", "-q", "-p", script + "; hierarchy -check -top cmvm; proc; check -assert"}) ==
          "");
  }
}

TEST_CASE("cmvm: yosys keeps every adder an adder of two", "[cmvm][lint]") {
  // A sum that nobody else reads, as wide as the next one, is what alumacc likes to melt into that: 7 x + y.
  Cmvm cmvm = cmvm_of({2, 1, {7, 1}}, 0);
  AdderGraph graph;
  for (const Interval& input : cmvm.input.intervals) {
    graph.nodes.push_back({AdderGraph::Kind::input, -1, -1, 0, 0, false, input, 0});
  }
  graph.nodes.push_back({AdderGraph::Kind::adder, 0, 0, 3, 0, true, std::int64_t{7} * cmvm.input.intervals[0], 1});
  graph.nodes.push_back(
      {AdderGraph::Kind::adder, 2, 1, 0, 0, false, graph.nodes.back().interval + cmvm.input.intervals[1], 2});
  graph.outputs.push_back({3, 0});
  cmvm.pipeline = make_adder_pipeline(std::move(graph), {0, 0, 0, 0}, 0);
  Files files = emit_cmvm(cmvm);
  const auto three_operands = [&] {
    const TemporaryFolder folder;
    for (const auto& [name, text] : files) {
      write_file(folder.path() / (name + ".v"), text);
    }
    return complaints(folder, {"yosys", "-q", "-p",
                               "read_verilog cmvm.v shift_add.v; "
                               "synth_xilinx -family xcup -flatten -noiopad -top cmvm -run :map_memory; "
                               "select -assert-none t:$macc"});
  };
  CHECK(three_operands() == "");
  // Without the zero below.
  std::string& cell = files["shift_add"];
  cell = replaced(cell, "[OUT_W-PASSED:0] high_a = {wide_a[OUT_W:PASSED+1], 1'b0}",
                  "[OUT_W-PASSED:1] high_a = wide_a[OUT_W:PASSED+1]");
  cell = replaced(cell, "[OUT_W-PASSED:0] high_b = {wide_b[OUT_W:PASSED+1], 1'b0}",
                  "[OUT_W-PASSED:1] high_b = wide_b[OUT_W:PASSED+1]");
  cell = replaced(cell, "[OUT_W-PASSED:0] sum", "[OUT_W-PASSED:1] sum");
  cell = replaced(cell, "&{1'b0, sum[0]}", "1'b0");
  CHECK(three_operands() != "");
}

TEST_CASE("cmvm: two folders of one matrix differ in the seconds only", "[cmvm]") {
  std::vector<std::string> folders;
  for (int run = 0; run < 2; ++run) {
    const TemporaryFolder folder;
    Cmvm cmvm = cmvm_of(sample_matrix(), 2);
    CHECK(cmvm.solve_seconds >= 0);
    cmvm.solve_seconds = 0;
    write_cmvm(folder.path(), cmvm);
    std::string all;
    for (const char* file : {"src/cmvm.v", "src/shift_add.v", "cmvm.f", "sim/cmvm_tb.v", "report.json"}) {
      const std::string text = read_text(folder.path() / file);
      CHECK_FALSE(text.empty());
      all += text;
    }
    folders.push_back(all);
  }
  CHECK(folders[0] == folders[1]);
}

TEST_CASE("cmvm: the report tells shapes, widths and sums", "[cmvm]") {
  const auto report = to_json(cmvm_of({2, 2, {1, 0, 1, 4}}, 1));
  CHECK(report.at("inputs") == 2);
  CHECK(report.at("outputs") == 2);
  CHECK(report.at("input_width") == 8);
  CHECK(report.at("output_widths") == std::vector<int>{9, 10});
  CHECK(report.at("output_width") == 10);
  CHECK(report.at("adders") == 1);
  CHECK(report.at("depth") == 1);
  CHECK(report.at("latency_cycles") == 1);
  CHECK(report.at("cost_bits") == 8);
  CHECK(report.at("register_bits") == 9 + 8);
  CHECK(report.at("register_bits_earliest") == 9 + 8);
  CHECK_FALSE(report.contains("ternary_adders"));
}

TEST_CASE("cmvm: the report tells ternary adders where they are asked for", "[cmvm][ternary]") {
  const IntegerMatrix matrix{3, 1, {1, 1, 1}};
  const auto report = to_json(make_cmvm(matrix, signed_inputs(3, 8), ternary_stages_of(2), SolutionCache(), "W.npy"));
  CHECK(report.at("adders") == 1);
  CHECK(report.at("ternary_adders") == 1);
  CHECK(report.at("cost_bits") == 9);
  CHECK(report.at("depth") == 2);
  CHECK(report.at("latency_cycles") == 1);
  // Where no stage holds one there is none.
  const auto tight = to_json(make_cmvm(matrix, signed_inputs(3, 8), ternary_stages_of(1), SolutionCache(), "W.npy"));
  CHECK(tight.at("adders") == 2);
  CHECK(tight.at("ternary_adders") == 0);
  CHECK(tight.at("latency_cycles") == 2);
}

/// What the command says of a matrix file and an input format; nothing may have been written.
std::string complaint_of(const std::function<void(const std::string& path)>& write, const std::string& input) {
  const TemporaryFolder folder;
  write(folder.file("W.npy"));
  CmvmOptions options;
  options.matrix = folder.file("W.npy");
  options.input = input;
  options.out = folder.file("out");
  std::string message;
  try {
    run_cmvm(options);
  } catch (const SourceError& error) {
    message = error.what();
  }
  CHECK_FALSE(std::filesystem::exists(options.out));
  return message;
}

std::string complaint_of(const std::vector<std::size_t>& shape, const std::vector<double>& values,
                         const std::string& input = "fixed<8,8>") {
  return complaint_of([&](const std::string& path) { write_npy(path, shape, values); }, input);
}

TEST_CASE("cmvm: bad matrices are named, and nothing is written", "[cmvm]") {
  using Catch::Contains;
  CHECK_THAT(complaint_of({2}, {1, 2}), Contains("W.npy: error: has shape [2], expected a matrix [inputs,outputs]"));
  CHECK_THAT(complaint_of({1, 1, 1}, {1}), Contains("has shape [1,1,1], expected a matrix"));
  CHECK_THAT(complaint_of({0, 3}, {}), Contains("has shape [0,3], expected 1 to 4096 rows"));
  CHECK_THAT(complaint_of({1, 4097}, std::vector<double>(4097, 1)), Contains("has shape [1,4097]"));
  CHECK_THAT(complaint_of({1025, 1024}, std::vector<double>(std::size_t{1025} * 1024, 1)),
             Contains("at most 1048576 weights"));
  CHECK_THAT(complaint_of({1, 2}, {1, 1.5}), Contains("element [0,1] is 1.5, expected a whole number"));
  CHECK_THAT(complaint_of({2, 1}, {1, 65536}), Contains("element [1,0] is 65536"));
  CHECK_THAT(complaint_of({1, 1}, {std::numeric_limits<double>::quiet_NaN()}), Contains("element [0,0] is nan"));
  CHECK_THAT(complaint_of({1, 1}, {std::numeric_limits<double>::infinity()}), Contains("element [0,0] is inf"));
  CHECK_THAT(complaint_of({1, 1}, {-1e300}), Contains("element [0,0] is -1e+300"));
  CHECK_THAT(complaint_of({2, 1}, {65535, 65535}, "fixed<48,8>"), Contains("output 0 needs 63 bits or more"));
  CHECK_THAT(complaint_of([](const std::string& path) { write_file(path, "no matrix"); }, "fixed<8,8>"),
             Contains("not a .npy array"));
  CHECK_THAT(complaint_of([](const std::string&) {}, "fixed<8,8>"), Contains("no such file"));
  CHECK_THAT(complaint_of(
                 [](const std::string& path) {
                   const std::string bytes = npy_bytes({2, 2}, std::vector<double>(4, 1));
                   write_file(path, bytes.substr(0, bytes.size() - 3));
                 },
                 "fixed<8,8>"),
             Contains("needs 32 bytes, the file has 29"));
}

TEST_CASE("cmvm: bad input formats are named, and nothing is written", "[cmvm]") {
  using Catch::Contains;
  const TemporaryFolder folder;
  const auto intervals = [&](const std::vector<std::size_t>& shape, const std::vector<double>& values) {
    write_npy(folder.file("ends.npy"), shape, values);
    return complaint_of({2, 1}, {1, 2}, folder.file("ends.npy"));
  };
  CHECK_THAT(complaint_of({1, 1}, {1}, "fixed<8"), Contains("--input: error: 'fixed<8' is not a format"));
  CHECK_THAT(complaint_of({1, 1}, {1}, "fixed<49,3>"), Contains("the width of 'fixed<49,3>' must be"));
  CHECK_THAT(complaint_of({1, 1}, {1}, "auto<8>"), Contains("expected fixed<W,I> or ufixed<W,I>"));
  CHECK_THAT(intervals({1, 2}, {0, 1}), Contains("has shape [1,2], expected [2,2]"));
  CHECK_THAT(intervals({2, 2}, {0, 1, 3, 2}), Contains("row 1 is 3 to 2, expected the smaller value first"));
  CHECK_THAT(intervals({2, 2}, {0, 1, 3, 3.5}), Contains("element [1,1] is 3.5, expected a whole number"));
  CHECK_THAT(intervals({2, 2}, {0, 1, 0, 0x1p47}), Contains("element [1,1] is "));
}

TEST_CASE("cmvm: input formats become intervals of mantissas", "[cmvm]") {
  const VectorFormat fixed = read_vector_format("fixed<6,2>", 2);
  CHECK(fixed.is_signed);
  CHECK(fixed.width == 6);
  CHECK(fixed.frac == 4);
  CHECK(fixed.intervals == std::vector<Interval>{{-32, 31}, {-32, 31}});
  const VectorFormat unsigned_format = read_vector_format("ufixed<6,6>", 1);
  CHECK_FALSE(unsigned_format.is_signed);
  CHECK(unsigned_format.width == 6);
  CHECK(unsigned_format.intervals == std::vector<Interval>{{0, 63}});
  const TemporaryFolder folder;
  write_npy(folder.file("a.npy"), {2, 2}, std::vector<std::int64_t>{0, 255, 3, 4});
  CHECK(read_vector_format(folder.file("a.npy"), 2).width == 8);
  write_npy(folder.file("b.npy"), {2, 2}, std::vector<std::int64_t>{0, 255, -1, 4});
  const VectorFormat mixed = read_vector_format(folder.file("b.npy"), 2);
  CHECK(mixed.is_signed);
  CHECK(mixed.width == 9);
  CHECK(mixed.intervals == std::vector<Interval>{{0, 255}, {-1, 4}});
}

}  // namespace
}  // namespace rtlgen::testing
