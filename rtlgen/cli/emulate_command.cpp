#include <spdlog/spdlog.h>

#include "ir/golden.hpp"
#include "rtlgen/cli/commands.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/files/output_file.hpp"
#include "rtlgen/files/progress.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"
#include "rtlgen/model/float_reference.hpp"

namespace rtlgen {

int run_emulate(const EmulateOptions& options) {
  constexpr std::size_t kPortion = 128;
  if (options.use_float) {
    const Model model = load_model(options.model.path, options.model.overrides);
    const Events events = load_events(options.inputs, model, std::nullopt);
    write_outputs(options.outputs, float_output(model, events, kPortion), model.layers.back().tokens);
    return 0;
  }
  const CompiledModel compiled = compile_model(options.model.path, options.model.overrides, options.model.dump_ir);
  const Events events = load_events(options.inputs, compiled.model, std::nullopt);
  Progress progress("golden model", events.count);
  const Mantissas output = golden_output(compiled.graph, quantize_events(compiled.graph, events),
                                         [&](std::size_t done) { progress.update(done); });
  const TensorType& type = compiled.graph.node(compiled.graph.output()).type;
  write_outputs(options.outputs, to_real(output, type.frac, compiled.graph.node(compiled.graph.output()).scale),
                type.tokens);
  spdlog::info("{} events", events.count);
  return 0;
}

}  // namespace rtlgen
