// From layers as written to elementary layers with weights.
#pragma once

#include "rtlgen/model/model.hpp"
#include "rtlgen/frontend/layer_order.hpp"
#include "rtlgen/frontend/precision_table.hpp"
#include "rtlgen/frontend/weight_file.hpp"

namespace rtlgen {

/// Fills `model.layers` (its other fields are given). Rewrites done on the way, all exact in real arithmetic:
/// attention's scale and log2(e) go into the query weights, log2(e) before a softmax into its producer, batch norms
/// into the dense before them, low-rank query/key and value/output products are merged. Throws SourceError: shapes,
/// missing arrays, names.
void expand_layers(const OrderedLayers& ordered, const WeightFile& weights, const PrecisionTable& precisions,
                   Model& model);

}  // namespace rtlgen
