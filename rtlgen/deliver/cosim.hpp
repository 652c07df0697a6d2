// Co-simulation: the generated core, Verilated, against vectors in a SystemC testbench.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace rtlgen {

/// How the testbench sends the events.
enum class SimulationMode {
  kStream,  ///< back-to-back; latency and interval are measured
  kGaps,    ///< with random gaps
  kReset,   ///< with gaps, and resets that interrupt events
};

/// The testbench's name of a mode.
std::string to_string(SimulationMode mode);

/// What a simulation found. All is well if ran and the three counters are 0.
struct CosimResult {
  bool ran = false;
  long events = 0;                    ///< events sent
  long mismatches = 0;                ///< output beats with a wrong bit
  long latency_errors = 0;            ///< output beats in a wrong clock
  long protocol_errors = 0;           ///< missing or unexpected output beats, misplaced first or last
  int measured_latency_cycles = -1;   ///< first input beat to last output beat; the longest, if gaps make it vary
  int measured_interval_cycles = -1;  ///< between events at the output; stream mode and two events, else -1
  double sim_seconds = 0;
  long clocks = 0;
  std::filesystem::path log;  ///< has the first mismatches, if any

  bool passed() const { return ran && events > 0 && mismatches == 0 && latency_errors == 0 && protocol_errors == 0; }
};

/// The file list of a build folder, OUT/TOP.f. Its stem is the name of the top module.
std::filesystem::path find_file_list(const std::filesystem::path& out);

/// Verilates and compiles the core of a build folder and its testbench into OUT/sim/build/core_sim, unless that is
/// already there for the very same sources. Throws std::runtime_error (one line that names the log) if a tool is
/// missing, or reports an error or a warning.
void build_simulation(const std::filesystem::path& out);

/// Builds the simulation if necessary and runs it. `expected`: output beats to compare with, without them only timing
/// is checked. `outputs`: file that takes the output beats seen. Wrong outputs are counted in the result; throws
/// std::runtime_error if the simulation cannot run.
CosimResult run_simulation(const std::filesystem::path& out, const std::filesystem::path& inputs,
                           const std::optional<std::filesystem::path>& expected,
                           const std::optional<std::filesystem::path>& outputs,
                           SimulationMode mode = SimulationMode::kStream, unsigned seed = 1);

}  // namespace rtlgen
