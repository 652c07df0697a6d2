// From a model description to a scheduled IR.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.hpp"
#include "rtlgen/model/model.hpp"
#include "primitives/primitive.hpp"
#include "rtlgen/deliver/core_signature.hpp"
#include "rtlgen/schedule/schedule.hpp"

namespace rtlgen {

/// All that is known of a model once it is compiled.
struct CompiledModel {
  Model model;
  Graph graph;
  Schedule schedule;
  CoreSignature signature;
};

/// The integer IR of a loaded model, calibrated on its events (centre_keys changes the model); without adder graphs.
/// Throws SourceError for whatever `check` refuses.
Graph quantize_loaded(Model& model);

/// Loads, calibrates, quantizes and schedules the model description at `path`; `overrides` as of `--set`. Throws
/// SourceError.
CompiledModel compile_model(const std::string& path, const std::vector<std::string>& overrides);

/// Warns of tensors that saturate on the model's calibration events (a sample of them), where it has some, and returns
/// the warnings.
std::vector<std::string> warn_of_calibration(const CompiledModel& compiled);

}  // namespace rtlgen
