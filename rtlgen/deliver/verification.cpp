#include "rtlgen/deliver/verification.hpp"

#include <algorithm>

#include "ir/source_error.hpp"
#include "rtlgen/deliver/test_vectors.hpp"
#include "rtlgen/files/progress.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kStressEvents = 100;  // events sent with gaps and with resets

}  // namespace

Verification verify_core(const std::filesystem::path& out, const CoreSignature& signature, const IntegerEvents& events,
                         const Mantissas& golden) {
  const std::filesystem::path inputs = out / "sim" / "inputs.hex";
  const std::filesystem::path expected = out / "sim" / "expected.hex";
  const std::filesystem::path outputs = out / "sim" / "outputs.hex";
  Verification verification;
  Progress progress("co-simulation: build, gaps, resets, stream", 4, Progress::Appears::at_once);
  progress.update(0);
  build_simulation(out);
  progress.update(1);
  // The testbench takes whole files: first the few events of the stress modes, then all.
  const std::size_t few = std::min(events.count, kStressEvents);
  IntegerEvents some{few, events.x.topRows(static_cast<Eigen::Index>(few) * signature.tokens), {}};
  if (events.mask.rows() > 0) {
    some.mask = events.mask.topRows(some.x.rows());
  }
  write_input_vectors(inputs, signature, some);
  write_output_vectors(expected, signature, golden.topRows(static_cast<Eigen::Index>(few) * signature.output_tokens));
  verification.gaps = run_simulation(out, inputs, expected, std::nullopt, SimulationMode::kGaps);
  progress.update(2);
  verification.reset = run_simulation(out, inputs, expected, std::nullopt, SimulationMode::kReset);
  progress.update(3);
  write_input_vectors(inputs, signature, events);
  write_output_vectors(expected, signature, golden);
  verification.stream = run_simulation(out, inputs, expected, outputs, SimulationMode::kStream);
  try {
    Mantissas seen = read_output_vectors(outputs, signature);
    if (seen.rows() == golden.rows()) {
      verification.output = std::move(seen);
    }
  } catch (const SourceError&) {
    // The core put out something else than whole events; the counters tell.
  }
  return verification;
}

nlohmann::ordered_json to_json(const Verification& v) {
  const auto total = [&](long CosimResult::*counter) { return v.stream.*counter + v.gaps.*counter + v.reset.*counter; };
  return {{"events", v.stream.events},
          {"events_with_gaps", v.gaps.events},
          {"events_with_resets", v.reset.events},
          {"mismatches", total(&CosimResult::mismatches)},
          {"latency_errors", total(&CosimResult::latency_errors)},
          {"protocol_errors", total(&CosimResult::protocol_errors)},
          {"measured_latency_cycles", v.stream.measured_latency_cycles},
          {"measured_interval_cycles", v.stream.measured_interval_cycles},
          {"simulator", "verilator"}};
}

}  // namespace rtlgen
