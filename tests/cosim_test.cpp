// Verilator and SystemC, as `rtlgen build` uses them.
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/deliver/verification.hpp"
#include "rtlgen/deliver/write_core.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "tests/support/graph_builder.hpp"
#include "tests/support/random_model.hpp"
#include "tests/support/skipped.hpp"

namespace rtlgen::testing {
namespace {

void check(const CosimResult& result, const CompiledModel& compiled, bool contiguous) {
  INFO(read_text(result.log));
  CHECK(result.passed());
  CHECK(result.measured_latency_cycles >= compiled.signature.latency_cycles);
  if (contiguous) {
    CHECK(result.measured_latency_cycles == compiled.signature.latency_cycles);
    CHECK(result.measured_interval_cycles == compiled.signature.interval_cycles);
  }
}

TEST_CASE("cosim: a small model passes back-to-back and with gaps and resets", "[cosim][verilator]") {
  ModelFolder model;
  Dice dice(5);
  write_masked_flatten_model(model, dice);
  const CompiledModel compiled = model.compile();
  const TemporaryFolder folder;
  write_core(folder.path(), compiled, build_core(compiled.graph, compiled.schedule));
  const IntegerEvents events = random_events(dice, compiled.graph, 200);
  const Mantissas golden = golden_output(compiled.graph, events);
  const Verification verification = verify_core(folder.path(), compiled.signature, events, golden);
  check(verification.stream, compiled, true);
  check(verification.gaps, compiled, false);
  check(verification.reset, compiled, false);
  CHECK(verification.passed());
  CHECK(verification.stream.events == 200);
  CHECK(verification.output == golden);
}

TEST_CASE("cosim: two layers of the track regressor on nine hits pass, with the public weights where they are at hand",
          "[cosim][verilator][long]") {
  std::vector<std::string> overrides = {"input.tokens=9", "layers.block.repeat=2"};
  const std::string shared = shared_model("trackformers_lin3");
  std::string events_file = source_folder() + "/configs/encreg/test.npz";
  if (std::filesystem::exists(shared + ".npz")) {
    events_file = shared + "_vectors.npz";
    overrides.push_back("weights=" + shared + ".npz");
    overrides.push_back("calibration=" + events_file);
  } else {
    WARN("the public weights are absent: the seeded ones of the repository are used");
  }
  const CompiledModel compiled = compile_model(source_folder() + "/configs/encreg/model.yaml", overrides);
  const TemporaryFolder folder;
  write_core(folder.path(), compiled, build_core(compiled.graph, compiled.schedule));
  const IntegerEvents events = quantize_events(compiled.graph, load_events(events_file, compiled.model, 100));
  const Verification verification =
      verify_core(folder.path(), compiled.signature, events, golden_output(compiled.graph, events));
  check(verification.stream, compiled, true);
  CHECK(verification.passed());
}

}  // namespace
}  // namespace rtlgen::testing
