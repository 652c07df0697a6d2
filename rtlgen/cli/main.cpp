// The rtlgen program: command line, log level, exit status.
#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <functional>
#include <string>

#include "ir/source_error.hpp"
#include "rtlgen/cli/commands.hpp"

namespace {

constexpr int kBadInput = 2;
constexpr int kInternalError = 3;

void add_model(CLI::App* command, rtlgen::ModelSource& source) {
  command->add_option("model", source.path, "Model description (docs/yaml.md)")->required();
  command->add_option("--set", source.overrides, "Change the description: path=value, e.g. hardware.clock_mhz=250")
      ->type_name("PATH=VALUE")
      ->take_all()
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--dump-ir", source.dump_ir, "Folder to make: the integer IR after every pass")->type_name("DIR");
}

int run(int argc, char** argv) {
  CLI::App app{"rtlgen turns a trained transformer into verified Verilog for hardware triggers."};
  app.require_subcommand(1);
  app.set_version_flag("--version", "rtlgen 0.1.0");
  bool verbose = false;
  bool quiet = false;
  app.add_flag("-v,--verbose", verbose, "Say more");
  app.add_flag("-q,--quiet", quiet, "Say only what went wrong");
  app.fallthrough();

  std::function<int()> action;

  rtlgen::BuildOptions build;
  bool no_verify = false;
  CLI::App* build_command = app.add_subcommand("build", "Compile a model, write Verilog, co-simulate, report");
  add_model(build_command, build.model);
  build_command->add_option("-o,--out", build.out, "Folder to make")->required();
  build_command->add_flag("--no-verify", no_verify, "Do not co-simulate");
  build_command->add_option("--events", build.events, "Most events to co-simulate")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  build_command->callback([&] {
    build.verify = !no_verify;
    action = [&] { return rtlgen::run_build(build); };
  });

  rtlgen::ModelSource check;
  CLI::App* check_command = app.add_subcommand("check", "Validate a model and print its layers, timing and cost");
  add_model(check_command, check);
  check_command->callback([&] { action = [&] { return rtlgen::run_check(check); }; });

  rtlgen::EmulateOptions emulate;
  CLI::App* emulate_command = app.add_subcommand("emulate", "Run the golden model (or the float reference) on events");
  add_model(emulate_command, emulate.model);
  emulate_command->add_option("--inputs", emulate.inputs, "Events: .npy or .npz")->required();
  emulate_command->add_option("--outputs", emulate.outputs, "Real outputs: .npy")->required();
  emulate_command->add_flag("--float", emulate.use_float, "The float reference instead of the golden model");
  emulate_command->callback([&] { action = [&] { return rtlgen::run_emulate(emulate); }; });

  rtlgen::SimOptions sim;
  CLI::App* sim_command = app.add_subcommand("sim", "Run the emitted Verilog on events");
  sim_command->add_option("out", sim.out, "Folder made by build")->required();
  sim_command->add_option("--inputs", sim.inputs, "Events: .npy or .npz")->required();
  sim_command->add_option("--outputs", sim.outputs, "Real outputs: .npy")->required();
  sim_command->callback([&] { action = [&] { return rtlgen::run_sim(sim); }; });

  rtlgen::ProfileOptions profile;
  CLI::App* profile_command = app.add_subcommand("profile", "Compare golden and float layer by layer");
  add_model(profile_command, profile.model);
  profile_command->add_option("--inputs", profile.inputs, "Events: .npy or .npz")->required();
  profile_command->add_option("--events", profile.events, "Most events to look at")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  profile_command->callback([&] { action = [&] { return rtlgen::run_profile(profile); }; });

  rtlgen::SynthOptions synth;
  CLI::App* synth_command = app.add_subcommand("synth", "Count resources and time paths with Yosys");
  synth_command->add_option("out", synth.out, "Folder made by build")->required();
  synth_command->add_option("--family", synth.family, "Device family, else that of the core's device")
      ->check(CLI::IsMember({"xcup", "xcu", "xc7"}));
  synth_command->callback([&] { action = [&] { return rtlgen::run_synth(synth); }; });

  rtlgen::CmvmOptions cmvm;
  CLI::App* cmvm_command = app.add_subcommand("cmvm", "Multiplication by a constant matrix: Verilog and testbench");
  cmvm_command->add_option("matrix", cmvm.matrix, "Whole numbers [inputs, outputs]: .npy")->required();
  cmvm_command->add_option("--input", cmvm.input, "Format of all inputs, or .npy [inputs, 2] with their ends")
      ->type_name("FORMAT")
      ->required();
  cmvm_command
      ->add_option("--depth-slack", cmvm.solver.depth_slack,
                   "Adder levels beyond the least possible, where there are no registers or with --ternary")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  cmvm_command
      ->add_option("--levels-per-stage", cmvm.solver.levels_per_stage,
                   "Adder levels between two registers; 0: combinational")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  std::string effort = "normal";
  cmvm_command->add_option("--effort", effort, "How long to search")
      ->check(CLI::IsMember(rtlgen::effort_names()))
      ->capture_default_str();
  cmvm_command->add_flag("--ternary", cmvm.solver.ternary_adders,
                         "Adders of three operands, for devices and tools that have them");
  cmvm_command->add_option("-o,--out", cmvm.out, "Folder to make");
  cmvm_command->callback([&] {
    cmvm.solver.effort = rtlgen::to_effort(effort);
    action = [&] { return rtlgen::run_cmvm(cmvm); };
  });

  rtlgen::ImportOptions import;
  CLI::App* import_command = app.add_subcommand("import", "Make a model description of a Keras or ONNX file");
  import_command->add_option("file", import.file, "Model: .onnx, .h5 or .keras")->required();
  import_command->add_option("-o,--out", import.out, "Folder to make")->required();
  import_command->add_option("--config", import.config,
                             "Configuration of a Keras file that holds weights only: .json of model.to_json()");
  import_command->add_option("--tokens", import.tokens, "Tokens of an event, where the file leaves them open")
      ->check(CLI::Range(1, 1024));
  import_command->add_option("--input", import.input, "Format of the event")->type_name("FORMAT");
  import_command->add_option("--calibration", import.calibration, "Events that settle formats: .npy or .npz");
  import_command->callback([&] { action = [&] { return rtlgen::run_import(import); }; });

  rtlgen::ModelSource bench;
  CLI::App* bench_command = app.add_subcommand("bench", "Measure golden model, build and co-simulation");
  add_model(bench_command, bench);
  bench_command->callback([&] { action = [&] { return rtlgen::run_bench(bench); }; });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadInput;
  }
  spdlog::set_default_logger(spdlog::stderr_color_st("rtlgen"));
  spdlog::set_pattern("%^%l%$: %v");
  spdlog::set_level(quiet ? spdlog::level::err : (verbose ? spdlog::level::debug : spdlog::level::info));
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const rtlgen::SourceError& error) {
    fmt::print(stderr, "{}\n", error.what());
    return kBadInput;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return kInternalError;
  }
}
