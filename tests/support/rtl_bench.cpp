#include "tests/support/rtl_bench.hpp"

#include <fmt/format.h>

#include <sstream>
#include <vector>

#include "rtlgen/deliver/core_signature.hpp"
#include "rtlgen/deliver/emit_core.hpp"
#include "rtlgen/deliver/test_plan.hpp"
#include "rtlgen/deliver/verilog_testbench.hpp"
#include "rtlgen/files/process.hpp"
#include "rtlgen/files/text_file.hpp"
#include "rtlgen/schedule/make_schedule.hpp"
#include "rtlgen/schedule/schedule.hpp"
#include "tests/support/dice.hpp"
#include "tests/support/temporary_folder.hpp"

namespace rtlgen::testing {
namespace {

constexpr std::chrono::seconds kTimeout{600};

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
  const TestPlan plan(signature, events, golden, options.seed + seed_offset(), options.stress_events);

  const TemporaryFolder folder;
  std::map<std::string, std::string> files = emit_core(graph, schedule);
  if (options.alter) {
    options.alter(files);
  }
  for (const auto& [name, text] : verilog_testbench(plan)) {
    write_file(folder.path() / name, text);
  }
  Command compile{{"iverilog", "-Wall", "-g2005", "-s", "testbench", "-o", folder.file("sim"), "testbench.v"},
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
    } else if (first != "PASS" && first != "FAIL") {
      result.messages += line + "\n";
    }
  }
  return result;
}

}  // namespace rtlgen::testing
