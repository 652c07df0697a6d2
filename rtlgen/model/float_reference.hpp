// The float model evaluated in double precision: what quantization is measured against, and what calibrates it.
#pragma once

#include <vector>

#include "ir/events.hpp"
#include "rtlgen/model/model.hpp"

namespace rtlgen {

/// The tensor of every layer, in the order of `model.layers`: [events*tokens, features] of the layer. Inputs are not
/// quantized. Memory is proportional to the number of events: pass many in portions.
std::vector<RowMatrix> evaluate_float(const Model& model, const Events& events);

/// The last layer's tensor only, `portion` events at a time.
RowMatrix float_output(const Model& model, const Events& events, std::size_t portion);

}  // namespace rtlgen
