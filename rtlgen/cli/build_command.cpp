#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <system_error>

#include "rtlgen/cli/commands.hpp"
#include "rtlgen/deliver/accuracy.hpp"
#include "rtlgen/deliver/compile_model.hpp"
#include "rtlgen/deliver/report.hpp"
#include "rtlgen/deliver/tensor_profile.hpp"
#include "rtlgen/deliver/verification.hpp"
#include "rtlgen/deliver/write_core.hpp"
#include "rtlgen/files/output_folder.hpp"
#include "rtlgen/files/progress.hpp"
#include "rtlgen/files/text_file.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "rtlgen/model/float_reference.hpp"

namespace rtlgen {
namespace {

namespace fs = std::filesystem;

/// Events for the co-simulation: the model's own, or seeded random ones over the whole input format.
Events verification_events(const CompiledModel& compiled, std::size_t limit) {
  const Model& model = compiled.model;
  if (!model.test_file.empty()) {
    return load_events(model.test_file, model, limit);
  }
  if (!model.calibration_file.empty()) {
    return load_events(model.calibration_file, model, limit);
  }
  spdlog::warn("the model names no test events: co-simulating random ones");
  Events events;
  events.count = limit;
  events.tokens = model.tokens;
  events.features = model.features;
  std::mt19937_64 random(1);
  const Format& format = compiled.signature.input.format;
  std::uniform_real_distribution<double> values(static_cast<double>(format.min()), static_cast<double>(format.max()));
  events.x = RowMatrix::NullaryExpr(static_cast<Eigen::Index>(limit) * model.tokens, model.features,
                                    [&] { return std::ldexp(values(random), -format.frac()); });
  if (model.mask != MaskKind::none) {
    for (std::size_t event = 0; event < limit; ++event) {
      const std::size_t real = random() % (static_cast<std::size_t>(model.tokens) + 1);
      for (std::size_t token = 0; token < static_cast<std::size_t>(model.tokens); ++token) {
        events.mask.push_back(token < real ? 1 : 0);
      }
    }
  }
  return events;
}

/// Warnings of tensors that saturate on the calibration events, or on the events of the co-simulation.
std::vector<std::string> saturation_of(const CompiledModel& compiled, const Events& events) {
  constexpr std::size_t kProfiledEvents = 500;
  std::vector<std::string> warnings = warn_of_calibration(compiled);
  if (!compiled.model.test_file.empty()) {
    const Events part = slice_events(events, 0, std::min(events.count, kProfiledEvents));
    const std::vector<std::string> more = warn_of_saturation(compiled.model, compiled.graph, part, "test events");
    warnings.insert(warnings.end(), more.begin(), more.end());
  }
  return warnings;
}

/// A previous build's simulation, so that an unchanged core is not compiled again (cosim compares contents).
void keep_simulation(const fs::path& previous, const fs::path& out) {
  std::error_code ignored;
  for (const char* file : {"core_sim", "fingerprint"}) {
    fs::create_directories(out / "sim" / "build", ignored);
    fs::copy_file(previous / "sim" / "build" / file, out / "sim" / "build" / file, ignored);
  }
}

}  // namespace

int run_build(const BuildOptions& options) {
  const CompiledModel compiled = compile_model(options.model.path, options.model.overrides, options.model.dump_ir);
  OutputFolder folder(options.out);
  const CoreNetlist core = build_core(compiled.graph, compiled.schedule);
  write_core(folder.path(), compiled, core);
  nlohmann::ordered_json report = core_report(compiled, core);
  warn_about_capacity(report);
  bool passed = true;
  if (options.verify) {
    const Events events = verification_events(compiled, options.events);
    const IntegerEvents integers = quantize_events(compiled.graph, events);
    report["saturation"] = saturation_of(compiled, events);
    spdlog::info("golden model: {} events", events.count);
    Progress progress("golden model", events.count);
    const Mantissas golden = golden_output(compiled.graph, integers, [&](std::size_t done) { progress.update(done); });
    keep_simulation(options.out, folder.path());
    spdlog::info("co-simulation: building and running");
    const Verification verification = verify_core(folder.path(), compiled.signature, integers, golden);
    passed = verification.passed();
    report["verification"] = to_json(verification);
    report["accuracy"] = accuracy_report(compiled, events, golden, verification.output);
  }
  write_file(folder.path() / "report.json", report.dump(2) + "\n");
  folder.commit();
  print_report(report);
  if (!passed) {
    spdlog::error("verification failed: the core does not do what the golden model does; see {}/sim/*.log",
                  options.out);
    return 1;
  }
  return 0;
}

}  // namespace rtlgen
