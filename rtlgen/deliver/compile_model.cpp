#include "rtlgen/deliver/compile_model.hpp"

#include <spdlog/spdlog.h>

#include <optional>
#include <stdexcept>
#include <utility>

#include "ir/events.hpp"
#include "ir/pass_manager.hpp"
#include "ir/verify.hpp"
#include "primitives/absorb_sums.hpp"
#include "primitives/limit_dsp.hpp"
#include "primitives/merge_dense.hpp"
#include "primitives/round_in_bias.hpp"
#include "primitives/solve_dense.hpp"
#include "rtlgen/deliver/ir_dump.hpp"
#include "rtlgen/deliver/tensor_profile.hpp"
#include "rtlgen/frontend/event_file.hpp"
#include "rtlgen/frontend/yaml_frontend.hpp"
#include "rtlgen/lowering/centre_keys.hpp"
#include "rtlgen/lowering/quantize_model.hpp"
#include "rtlgen/schedule/make_schedule.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kCalibrationEvents = 1000;
constexpr std::size_t kProfiledEvents = 200;  // of these, looked at for saturation

/// From the lowered graph to the one that is built.
std::vector<Pass> passes_of(const Model& model) {
  const SolutionCache cache = SolutionCache::of_user();
  std::vector<Pass> passes{{"absorb_sums", absorb_sums},
                           {"round_in_bias", round_in_bias},
                           {"merge_dense", [cache](Graph graph) { return merge_dense(graph, cache); }},
                           {"solve_dense", [cache, effort = model.effort, ternary = model.ternary_adders](Graph graph) {
                              solve_dense(graph, effort, cache, ternary);
                              return graph;
                            }}};
  if (model.dsp_limit) {
    passes.push_back({"limit_dsp", [limit = *model.dsp_limit](Graph graph) {
                        limit_dsp(graph, limit);
                        return graph;
                      }});
  }
  return passes;
}

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

CompiledModel compile_model(const std::string& path, const std::vector<std::string>& overrides,
                            const std::string& dump_folder) {
  CompiledModel compiled;
  compiled.model = load_model(path, overrides);
  const Model& model = compiled.model;
  Graph lowered = quantize_loaded(compiled.model);
  std::optional<IrDump> dump;
  if (!dump_folder.empty()) {
    dump.emplace(dump_folder);
  }
  const auto observer = [&](const std::string& pass, const Graph& graph) {
    if (dump) {
      dump->add(pass, graph);
    }
  };
  try {
    compiled.graph = run_passes(std::move(lowered), "lowered", passes_of(model), observer);
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
