// The commands of the rtlgen program. Each returns the exit status: 0 done, 1 verification failed; bad input is thrown
// as SourceError.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "primitives/cmvm/constant_matrix.hpp"
#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// A model description and the `--set path=value` texts that change it.
struct ModelSource {
  std::string path;
  std::vector<std::string> overrides;
  std::string dump_ir;  ///< folder for the IR after every pass; empty: none
};

struct BuildOptions {
  ModelSource model;
  std::string out;
  bool verify = true;
  std::size_t events = 1000;  ///< most events co-simulated
};
/// Compiles, writes the build folder, co-simulates, reports.
int run_build(const BuildOptions& options);

/// Validates and prints every node with shape, format, parameters, timing and cost.
int run_check(const ModelSource& source);

struct EmulateOptions {
  ModelSource model;
  std::string inputs;
  std::string outputs;
  bool use_float = false;  ///< the float reference instead of the golden model
};
/// Runs a model on a file of events.
int run_emulate(const EmulateOptions& options);

struct SimOptions {
  std::string out;  ///< build folder
  std::string inputs;
  std::string outputs;
};
/// Runs the emitted RTL on a file of events.
int run_sim(const SimOptions& options);

struct ProfileOptions {
  ModelSource model;
  std::string inputs;
  std::size_t events = 1000;
};
/// Compares golden and float, layer by layer.
int run_profile(const ProfileOptions& options);

struct SynthOptions {
  std::string out;     ///< build folder
  std::string family;  ///< of devices; empty: that of the core's device
};
/// Counts resources with Yosys, times what it made, and adds both to report.json.
int run_synth(const SynthOptions& options);

struct CmvmOptions {
  std::string matrix;  ///< .npy file, [inputs, outputs]
  std::string input;   ///< format of the inputs, or a .npy file of intervals
  std::string out;     ///< folder to make; empty: none
  ConstantMatrixOptions solver;
};
/// Writes a module that multiplies by a constant matrix, with its testbench; prints the report as JSON.
int run_cmvm(const CmvmOptions& options);

/// Makes a description and weights of a model file of another framework.
int run_import(const ImportOptions& options);

/// Measures the golden model, the build and the co-simulation.
int run_bench(const ModelSource& source);

}  // namespace rtlgen
