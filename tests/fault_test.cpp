// The benches see planted faults: a comparison that cannot fail proves nothing.
#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

#include "rtlgen/deliver/cosim.hpp"
#include "rtlgen/deliver/test_vectors.hpp"
#include "rtlgen/deliver/write_core.hpp"
#include "rtlgen/files/text_file.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/random_model.hpp"
#include "tests/support/rtl_bench.hpp"

namespace rtlgen::testing {
namespace {

using Files = std::map<std::string, std::string>;

CompiledModel small_model() {
  ModelFolder folder;
  Dice dice(5);
  write_masked_flatten_model(folder, dice);
  return folder.compile();
}

/// Replaces the first `from` behind the first ");" of a module, that is behind its header; it must be there.
void replace(Files& files, const std::string& module, const std::string& from, const std::string& to) {
  std::string& text = files.at(module);
  const std::size_t at = text.find(from, text.find(");"));
  if (at == std::string::npos) {
    throw std::runtime_error(module + " has no '" + from + "'");
  }
  text.replace(at, from.size(), to);
}

BenchResult run_with(const std::function<void(Files&)>& fault) {
  const CompiledModel compiled = small_model();
  Dice dice(6);
  BenchOptions options;
  options.alter = fault;
  options.stress_events = 24;
  return run_bench(compiled.graph, random_events(dice, compiled.graph, 24), options);
}

BenchResult run_with(const std::string& module, const std::string& from, const std::string& to) {
  return run_with([&](Files& files) { replace(files, module, from, to); });
}

TEST_CASE("faults: the small model is sound before any is planted", "[fault][rtl]") {
  CHECK(run_with([](Files&) {}).verdict() == "ok");
}

TEST_CASE("faults: a subtractor for an adder in a generated dense is a mismatch", "[fault][rtl]") {
  CHECK(run_with("random_model_t_attn", ".SUBTRACT(0)", ".SUBTRACT(1)").mismatches > 0);
}

TEST_CASE("faults: a wrong constant in a generated weight memory is a mismatch", "[fault][rtl]") {
  const BenchResult result = run_with([](Files& files) {
    for (auto& [name, text] : files) {
      const std::size_t digits = text.find("'h");
      if (name.find("_t_head_linear") != std::string::npos && digits != std::string::npos) {
        const std::size_t last = text.find_first_not_of("0123456789abcdef", digits + 2) - 1;
        text[last] = text[last] == '0' ? '1' : '0';
        return;
      }
    }
    throw std::runtime_error("there is no weight memory");
  });
  CHECK(result.mismatches > 0);
}

TEST_CASE("faults: rounding always up in requantize is a mismatch", "[fault][rtl]") {
  CHECK(run_with("requantize", "assign carry = wide[DROP-1];", "assign carry = 1'b1;").mismatches > 0);
}

TEST_CASE("faults: saturation without its limit in requantize is a mismatch", "[fault][rtl]") {
  CHECK(run_with("requantize", "fits ? value[OUT_W-1:0] : negative ? MINIMUM : MAXIMUM",
                 "fits ? value[OUT_W-1:0] : negative ? MAXIMUM : MINIMUM")
            .mismatches > 0);
}

TEST_CASE("faults: an attention head that forgets the mask is a mismatch", "[fault][rtl]") {
  CHECK(run_with("attention_head", ".enable(exp_enable[j])", ".enable(1'b1)").mismatches > 0);
}

TEST_CASE("faults: an attention head with values in a wrong order is a mismatch", "[fault][rtl]") {
  CHECK(run_with("attention_head", "v[(j*VALUE_DIM+d)*V_W +: V_W]", "v[(d*TOKENS+j)*V_W +: V_W]").mismatches > 0);
}

TEST_CASE("faults: a control delay one clock too long is a latency error", "[fault][rtl]") {
  const BenchResult result =
      run_with("control_delay", "assign out_valid = valid[DEPTH];",
               "reg late; always @(posedge clk) late <= !rst && valid[DEPTH]; assign out_valid = late;");
  CHECK(result.latency_errors > 0);
}

TEST_CASE("faults: a control delay without reset is a latency error", "[fault][rtl]") {
  CHECK(run_with("control_delay", "if (rst) begin", "if (1'b0) begin").latency_errors > 0);
}

TEST_CASE("faults: an event that is not ended by its last beat is a protocol error", "[fault][rtl]") {
  const BenchResult result = run_with("stream_control", "assign out_last = in_valid && at_last;",
                                      "assign out_last = in_valid && beat == LAST - 1'b1;");
  CHECK(result.latency_errors + result.protocol_errors + result.mismatches > 0);
}

TEST_CASE("faults: out_first on a wrong beat is a protocol error", "[fault][rtl]") {
  CHECK(run_with("random_model", "assign out_first = ", "assign out_first = !").protocol_errors > 0);
}

TEST_CASE("faults: a tool's warning is told", "[fault][rtl]") {
  const BenchResult result = run_with(
      [](Files& files) { replace(files, "requantize", "endmodule", "wire [1:0] one; wire two = one[5]; endmodule"); });
  CHECK_FALSE(result.messages.empty());
  CHECK_FALSE(result.clean());
}

TEST_CASE("faults: the SystemC testbench sees a wrong adder and a wrong latency", "[fault][verilator]") {
  const CompiledModel compiled = small_model();
  const TemporaryFolder folder;
  write_core(folder.path(), compiled, build_core(compiled.graph, compiled.schedule));
  Files faulty = {{"random_model_t_attn", read_text(folder.path() / "src" / "random_model_t_attn.v")},
                  {"control_delay", read_text(folder.path() / "src" / "control_delay.v")}};
  replace(faulty, "random_model_t_attn", ".SUBTRACT(0)", ".SUBTRACT(1)");
  replace(faulty, "control_delay", "assign out_valid = valid[DEPTH];",
          "reg late; always @(posedge clk) late <= !rst && valid[DEPTH]; assign out_valid = late;");
  for (const auto& [name, text] : faulty) {
    write_file(folder.path() / "src" / (name + ".v"), text);
  }
  Dice dice(7);
  const IntegerEvents events = random_events(dice, compiled.graph, 50);
  const std::filesystem::path inputs = folder.path() / "inputs.hex";
  const std::filesystem::path expected = folder.path() / "expected.hex";
  write_input_vectors(inputs, compiled.signature, events);
  write_output_vectors(expected, compiled.signature, golden_output(compiled.graph, events));
  const CosimResult result = run_simulation(folder.path(), inputs, expected, std::nullopt);
  CHECK(result.ran);
  CHECK(result.mismatches > 0);
  CHECK(result.latency_errors > 0);
  CHECK_FALSE(result.passed());
}

}  // namespace
}  // namespace rtlgen::testing
