#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "ir/calibrate.hpp"
#include "ir/float_reference.hpp"
#include "ir/golden.hpp"
#include "rtlgen/commands.hpp"
#include "rtlgen/compile_model.hpp"
#include "rtlgen/event_file.hpp"

namespace rtlgen {
namespace {

/// What is gathered of one tensor, over real tokens.
struct TensorProfile {
  double lowest = 0;
  double highest = 0;
  double signal = 0;
  double noise = 0;
  std::size_t values = 0;
  std::size_t saturated = 0;  // float values beyond the format's range

  void add(const RowMatrix& reference, const RowMatrix& golden, const Format& format) {
    const double step = std::ldexp(1.0, -format.frac());
    const double floor = (static_cast<double>(format.min()) - 0.5) * step;
    const double ceiling = (static_cast<double>(format.max()) + 0.5) * step;
    if (reference.size() == 0) {
      return;
    }
    lowest = values == 0 ? reference.minCoeff() : std::min(lowest, reference.minCoeff());
    highest = values == 0 ? reference.maxCoeff() : std::max(highest, reference.maxCoeff());
    values += static_cast<std::size_t>(reference.size());
    saturated += static_cast<std::size_t>((reference.array() < floor || reference.array() >= ceiling).count());
    signal += reference.array().square().sum();
    noise += (reference - golden).array().square().sum();
  }
};

}  // namespace

int run_profile(const ProfileOptions& options) {
  constexpr std::size_t kPortion = 128;
  const CompiledModel compiled = compile_model(options.model.path, options.model.overrides);
  const Graph& graph = compiled.graph;
  const Events events = load_events(options.inputs, compiled.model, options.events);
  std::map<std::string, TensorProfile> profiles;
  for (std::size_t begin = 0; begin < events.count; begin += kPortion) {
    const Events part = slice_events(events, begin, std::min(kPortion, events.count - begin));
    const std::vector<RowMatrix> reference = evaluate_float(compiled.model, part);
    const std::vector<Mantissas> golden = golden_tensors(graph, quantize_events(graph, part));
    for (std::size_t layer = 0; layer < reference.size(); ++layer) {
      if (!graph.contains(compiled.model.layers[layer].name)) {  // part of the operation of a later layer
        continue;
      }
      const Graph::NodeId id = graph.find(compiled.model.layers[layer].name);
      const Node& node = graph.node(id);
      const RowMatrix real = to_real(golden[id], node.type.frac, graph.scale_of(id));
      profiles[node.name].add(real_tokens(reference[layer], part), real_tokens(real, part), tensor_format(node));
    }
  }
  std::size_t name_width = 5;
  for (const Layer& layer : compiled.model.layers) {
    name_width = std::max(name_width, layer.name.size());
  }
  fmt::print("{:<{}} {:>14} {:>10} {:>10} {:>10} {:>10} {:>10} {:>8}\n", "layer", name_width, "format", "format min",
             "format max", "seen min", "seen max", "saturated", "SQNR dB");
  for (const Layer& layer : compiled.model.layers) {
    if (profiles.count(layer.name) == 0) {
      continue;
    }
    const TensorProfile& profile = profiles[layer.name];
    const Format format = tensor_format(graph.node(graph.find(layer.name)));
    const double step = std::ldexp(1.0, -format.frac());
    const double ratio = profile.noise > 0 ? 10 * std::log10(profile.signal / profile.noise) : 999;
    fmt::print(
        "{:<{}} {:>14} {:>10.4g} {:>10.4g} {:>10.4g} {:>10.4g} {:>9.3f}% {:>8.1f}\n", layer.name, name_width,
        to_string(format), static_cast<double>(format.min()) * step, static_cast<double>(format.max()) * step,
        profile.lowest, profile.highest,
        100.0 * static_cast<double>(profile.saturated) / static_cast<double>(std::max<std::size_t>(1, profile.values)),
        ratio);
  }
  return 0;
}

}  // namespace rtlgen
