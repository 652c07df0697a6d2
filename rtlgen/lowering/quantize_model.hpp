// From the float model to the integer IR.
#pragma once

#include "ir/events.hpp"
#include "ir/graph.hpp"
#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// Rounds weights, computes tables and fixes every format. `calibration` (may have no events if no format is automatic)
/// is run through the float model for that. Every layer's tensor keeps its name; helper nodes add a suffix. Throws
/// SourceError at a layer whose formats are impossible.
Graph quantize_model(const Model& model, const Events& calibration);

}  // namespace rtlgen
