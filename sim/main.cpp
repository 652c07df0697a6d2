// Runs the core on vectors and checks every bit and every clock of its outputs.
//
//   core_sim --inputs FILE [--expected FILE] [--outputs FILE] --result FILE
//            [--mode stream|gaps|reset] [--seed N] [--events N]
//
// Exit status: 0 all is as expected, 1 the core did something wrong, 2 wrong usage or unreadable files.

#include <fstream>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <systemc>
#include <utility>
#include <vector>

#include "core_config.hpp"
#include "driver.hpp"
#include "monitor.hpp"
#include "scoreboard.hpp"
#include "vectors.hpp"
#include "verilated.h"
#include "wires.hpp"

namespace bench {
namespace {

struct Options {
  std::string inputs;
  std::string expected;  ///< empty: only timing is checked
  std::string outputs;   ///< empty: not written
  std::string result;
  Mode mode = Mode::kStream;
  unsigned seed = 1;
  long events = -1;  ///< at most so many; -1: all of the file
};

Mode parse_mode(const std::string& text) {
  if (text == "stream") return Mode::kStream;
  if (text == "gaps") return Mode::kGaps;
  if (text == "reset") return Mode::kReset;
  throw std::runtime_error("--mode is stream, gaps or reset, not '" + text + "'");
}

long parse_number(const std::string& name, const std::string& text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos) {
    throw std::runtime_error(name + " takes a whole number, not '" + text + "'");
  }
  return std::stol(text);
}

Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string& name = arguments[i];
    if (i + 1 == arguments.size()) throw std::runtime_error(name + " needs a value");
    const std::string& value = arguments[i + 1];
    if (name == "--inputs") {
      options.inputs = value;
    } else if (name == "--expected") {
      options.expected = value;
    } else if (name == "--outputs") {
      options.outputs = value;
    } else if (name == "--result") {
      options.result = value;
    } else if (name == "--mode") {
      options.mode = parse_mode(value);
    } else if (name == "--seed") {
      options.seed = static_cast<unsigned>(parse_number(name, value));
    } else if (name == "--events") {
      options.events = parse_number(name, value);
    } else {
      throw std::runtime_error("unknown option '" + name + "'");
    }
  }
  if (options.inputs.empty() || options.result.empty()) throw std::runtime_error("--inputs and --result are needed");
  return options;
}

std::vector<InputBeat> load_inputs(const Options& options) {
  std::vector<InputBeat> inputs = read_inputs(options.inputs, kInputBits, kMaskBits);
  if (inputs.empty() || inputs.size() % core::kBeats != 0) {
    throw std::runtime_error(options.inputs + ": " + std::to_string(inputs.size()) +
                             " beats, which is not some events of " + std::to_string(core::kBeats) + " beats");
  }
  const auto wanted = static_cast<std::size_t>(options.events) * core::kBeats;
  if (options.events == 0) throw std::runtime_error("--events is at least 1");
  if (options.events > 0 && wanted < inputs.size()) inputs.resize(wanted);
  return inputs;
}

std::vector<Bits> load_expected(const Options& options, std::size_t events) {
  if (options.expected.empty()) return {};
  std::vector<Bits> expected = read_outputs(options.expected, kOutputBits);
  if (expected.size() < events * core::kOutputBeats) {
    throw std::runtime_error(options.expected + ": " + std::to_string(expected.size()) + " beats, but " +
                             std::to_string(events) + " events give " + std::to_string(events * core::kOutputBeats));
  }
  return expected;
}

void write_result(const std::string& path, const Result& result) {
  std::ofstream file(path);
  file << "{\n"
       << "  \"events\": " << result.events << ",\n"
       << "  \"beats\": " << result.beats << ",\n"
       << "  \"mismatches\": " << result.mismatches << ",\n"
       << "  \"latency_errors\": " << result.latency_errors << ",\n"
       << "  \"protocol_errors\": " << result.protocol_errors << ",\n"
       << "  \"measured_latency_cycles\": " << result.latency_max << ",\n"
       << "  \"measured_latency_cycles_min\": " << result.latency_min << ",\n"
       << "  \"measured_latency_cycles_max\": " << result.latency_max << ",\n"
       << "  \"measured_interval_cycles\": " << result.interval_min << ",\n"
       << "  \"clocks\": " << result.clocks << "\n"
       << "}\n";
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}

// A template, so that the ports that a core does not have need not exist.
template <class Core>
void bind_mask(Core& core, sc_core::sc_signal<MaskIn>& mask) {
  if constexpr (core::kMask == 1) core.in_count(mask);
  if constexpr (core::kMask == 2) core.in_mask(mask);
}

int run(const Options& options) {
  const std::vector<InputBeat> inputs = load_inputs(options);
  const Contract contract{core::kBeats,   core::kOutputBeats, core::kTokenTimed != 0, core::kOffset,
                          core::kLatency, core::kInterval,    kLastOutputBits};
  Scoreboard scoreboard(contract, load_expected(options, inputs.size() / core::kBeats), options.mode == Mode::kStream);
  Random random(options.seed);

  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);

  // Registers without a reset start with random values.
  Verilated::randReset(2);
  Verilated::randSeed(static_cast<int>(options.seed % 0x7fffffffU) + 1);

  sc_core::sc_clock clk("clk", clock_period());
  sc_core::sc_signal<bool> rst("rst");
  sc_core::sc_signal<bool> in_valid("in_valid");
  sc_core::sc_signal<bool> in_first("in_first");
  sc_core::sc_signal<DataIn> in_data("in_data");
  sc_core::sc_signal<MaskIn> in_mask("in_mask");
  sc_core::sc_signal<bool> out_valid("out_valid");
  sc_core::sc_signal<bool> out_first("out_first");
  sc_core::sc_signal<bool> out_last("out_last");
  sc_core::sc_signal<DataOut> out_data("out_data");

  const auto core = std::make_unique<Vcore>("core");
  core->clk(clk);
  core->rst(rst);
  core->in_valid(in_valid);
  core->in_first(in_first);
  core->in_data(in_data);
  bind_mask(*core, in_mask);
  core->out_valid(out_valid);
  core->out_first(out_first);
  core->out_last(out_last);
  core->out_data(out_data);

  Driver driver("driver", inputs, options.mode, random, scoreboard);
  driver.clk(clk);
  driver.rst(rst);
  driver.in_valid(in_valid);
  driver.in_first(in_first);
  driver.in_data(in_data);
  driver.in_mask(in_mask);

  Monitor monitor("monitor", scoreboard);
  monitor.clk(clk);
  monitor.rst(rst);
  monitor.out_valid(out_valid);
  monitor.out_first(out_first);
  monitor.out_last(out_last);
  monitor.out_data(out_data);

  sc_core::sc_start();
  scoreboard.finish(current_clock());
  core->final();

  if (!options.outputs.empty()) write_outputs(options.outputs, scoreboard.outputs());
  write_result(options.result, scoreboard.result());
  return scoreboard.result().good() ? 0 : 1;
}

}  // namespace
}  // namespace bench

int sc_main(int argc, char* argv[]) {
  try {
    return bench::run(bench::parse_options({argv + 1, argv + argc}));
  } catch (const std::exception& error) {
    std::cerr << "core_sim: " << error.what() << '\n';
    return 2;
  }
}
