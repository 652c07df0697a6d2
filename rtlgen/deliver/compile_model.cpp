#include "rtlgen/deliver/compile_model.hpp"

#include <spdlog/spdlog.h>

#include <stdexcept>
#include <utility>

#include "rtlgen/lowering/centre_keys.hpp"
#include "ir/events.hpp"
#include "rtlgen/lowering/quantize_model.hpp"
#include "ir/verify.hpp"
#include "primitives/merge_dense.hpp"
#include "primitives/solve_dense.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "rtlgen/schedule/make_schedule.hpp"
#include "rtlgen/deliver/tensor_profile.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kCalibrationEvents = 1000;
constexpr std::size_t kProfiledEvents = 200;  // of these, looked at for saturation

}  // namespace

Graph quantize_loaded(Model& model) {
  try {
    device_model(model.device, model.clock_mhz);
  } catch (const std::invalid_argument& error) {
    throw SourceError(model.where, error.what());
  }
  Events calibration;
  if (!model.calibration_file.empty()) {
    calibration = sample_events(model.calibration_file, model, kCalibrationEvents);
    spdlog::info("calibrating on {} events of {}", calibration.count, model.calibration_file);
    centre_keys(model, calibration);
  }
  return quantize_model(model, calibration);
}

CompiledModel compile_model(const std::string& path, const std::vector<std::string>& overrides) {
  CompiledModel compiled;
  compiled.model = load_model(path, overrides);
  const SolutionCache cache = SolutionCache::of_user();
  compiled.graph = merge_dense(quantize_loaded(compiled.model), cache);
  const Model& model = compiled.model;
  solve_dense(compiled.graph, model.effort, cache, model.ternary_adders);
  try {
    compiled.schedule = make_schedule(compiled.graph);
  } catch (const IrError& error) {
    throw SourceError(model.where, error.what());
  }
  compiled.signature = make_signature(compiled.graph, compiled.schedule, model.arrays);
  return compiled;
}

std::vector<std::string> warn_of_calibration(const CompiledModel& compiled) {
  const Model& model = compiled.model;
  if (model.calibration_file.empty()) {
    return {};
  }
  const Events events = sample_events(model.calibration_file, model, kProfiledEvents);
  return warn_of_saturation(model, compiled.graph, events, "calibration events");
}

}  // namespace rtlgen
