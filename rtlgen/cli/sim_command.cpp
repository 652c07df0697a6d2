#include <fmt/format.h>

#include <filesystem>

#include "ir/golden.hpp"
#include "rtlgen/cli/commands.hpp"
#include "rtlgen/deliver/cosim.hpp"
#include "rtlgen/deliver/test_vectors.hpp"
#include "rtlgen/files/output_file.hpp"
#include "rtlgen/frontend/event_file.hpp"

namespace rtlgen {

int run_sim(const SimOptions& options) {
  const std::filesystem::path out = options.out;
  const CoreSignature signature = read_signature(out);
  Model shape;  // as much of a model as an event file is checked against
  shape.name = signature.top;
  shape.tokens = signature.tokens;
  shape.features = signature.features;
  shape.mask = signature.mask;
  shape.arrays = signature.arrays;
  const Events events = load_events(options.inputs, shape, std::nullopt);
  write_input_vectors(out / "sim" / "inputs.hex", signature,
                      quantize_events(signature.input, signature.mask != MaskKind::none, events));
  const CosimResult result = run_simulation(out, out / "sim" / "inputs.hex", std::nullopt, out / "sim" / "outputs.hex");
  if (!result.passed()) {
    fmt::print(stderr, "the core broke its timing: {} beats in a wrong clock, {} protocol errors; see {}\n",
               result.latency_errors, result.protocol_errors, result.log.string());
    return 1;
  }
  const Mantissas output = read_output_vectors(out / "sim" / "outputs.hex", signature);
  write_outputs(options.outputs, to_real(output, signature.output.frac(), signature.output_scale),
                signature.output_tokens);
  fmt::print("{} events, latency {} clocks, interval {} clocks\n", result.events, result.measured_latency_cycles,
             result.measured_interval_cycles);
  return 0;
}

}  // namespace rtlgen
