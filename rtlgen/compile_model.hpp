// From a model description to a scheduled IR.
#pragma once

#include <string>
#include <vector>

#include "ir/graph.hpp"
#include "ir/model.hpp"
#include "ir/schedule.hpp"
#include "primitives/primitive.hpp"
#include "rtlgen/core_signature.hpp"

namespace rtlgen {

/// All that is known of a model once it is compiled.
struct CompiledModel {
  Model model;
  Graph graph;
  Schedule schedule;
  CoreSignature signature;
};

/// The integer IR of a loaded model, calibrated on its events; without adder graphs. Throws SourceError for whatever
/// `check` refuses.
Graph quantize_loaded(const Model& model);

/// Loads, calibrates, quantizes and schedules the model description at `path`; `overrides` as of `--set`. Throws
/// SourceError.
CompiledModel compile_model(const std::string& path, const std::vector<std::string>& overrides);

/// Estimated resources of all nodes and of the delays between them.
Cost estimate_resources(const Graph& graph, const Schedule& schedule);

}  // namespace rtlgen
