#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <vector>

#include "ir/golden.hpp"
#include "rtlgen/cli/commands.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/deliver/verification.hpp"
#include "rtlgen/deliver/write_core.hpp"
#include "rtlgen/files/output_folder.hpp"
#include "rtlgen/frontend/event_file.hpp"

namespace rtlgen {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

int run_bench(const ModelSource& source) {
  constexpr int kRepeats = 5;
  constexpr std::size_t kEvents = 1000;
  const Clock::time_point build_start = Clock::now();
  const CompiledModel compiled = compile_model(source.path, source.overrides, source.dump_ir);
  const OutputFolder folder(std::filesystem::temp_directory_path() / fmt::format("rtlgen_bench_{}", getpid()));
  write_core(folder.path(), compiled, build_core(compiled.graph, compiled.schedule));
  const double build_seconds = seconds_since(build_start);

  const Model& model = compiled.model;
  const std::string& file = model.test_file.empty() ? model.calibration_file : model.test_file;
  if (file.empty()) {
    throw SourceError(model.where, "bench needs events, expected `test: events.npz`");
  }
  const Events events = load_events(file, model, kEvents);
  const IntegerEvents integers = quantize_events(compiled.graph, events);
  Mantissas golden;
  std::vector<double> rates;
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const Clock::time_point start = Clock::now();
    std::size_t done = 0;
    do {
      golden = golden_output(compiled.graph, integers);
      done += events.count;
    } while (seconds_since(start) < 0.3);
    rates.push_back(static_cast<double>(done) / seconds_since(start));
  }
  std::sort(rates.begin(), rates.end());
  const Clock::time_point simulation_start = Clock::now();
  build_simulation(folder.path());
  const double simulation_seconds = seconds_since(simulation_start);
  const Verification verification = verify_core(folder.path(), compiled.signature, integers, golden);
  fmt::print("golden model             {:.0f} events/s (one thread, median of {})\n", rates[kRepeats / 2], kRepeats);
  fmt::print("build without simulation {:.2f} s\n", build_seconds);
  fmt::print("co-simulation            {:.0f} events/s, after {:.1f} s of building it\n",
             static_cast<double>(verification.stream.events) / verification.stream.sim_seconds, simulation_seconds);
  return verification.passed() ? 0 : 1;
}

}  // namespace rtlgen
