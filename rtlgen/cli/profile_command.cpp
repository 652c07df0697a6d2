#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "rtlgen/cli/commands.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/deliver/tensor_profile.hpp"
#include "rtlgen/frontend/event_file.hpp"

namespace rtlgen {

int run_profile(const ProfileOptions& options) {
  const CompiledModel compiled = compile_model(options.model.path, options.model.overrides, options.model.dump_ir);
  const Events events = load_events(options.inputs, compiled.model, options.events);
  const std::vector<TensorProfile> profiles = profile_tensors(compiled.model, compiled.graph, events);
  std::size_t name_width = 6;
  for (const TensorProfile& profile : profiles) {
    name_width = std::max(name_width, profile.name.size());
  }
  fmt::print("{:<{}} {:>14} {:>10} {:>10} {:>10} {:>10} {:>10} {:>8}\n", "tensor", name_width, "format", "format min",
             "format max", "seen min", "seen max", "saturated", "SQNR dB");
  for (const TensorProfile& profile : profiles) {
    const double step = std::ldexp(1.0, -profile.format.frac());
    const auto values = static_cast<double>(std::max<std::size_t>(1, profile.values));
    fmt::print("{:<{}} {:>14} {:>10.4g} {:>10.4g} {:>10.4g} {:>10.4g} {:>9.3f}% {:>8}\n", profile.name, name_width,
               to_string(profile.format), static_cast<double>(profile.format.min()) * step,
               static_cast<double>(profile.format.max()) * step, profile.lowest, profile.highest,
               100.0 * static_cast<double>(profile.saturated) / values,
               profile.is_layer ? fmt::format("{:.1f}", profile.sqnr_db()) : "-");
  }
  return 0;
}

}  // namespace rtlgen
