// Formats for the layers of an exact model that cannot be exact.
#pragma once

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// Gives every layer of an exact model that is no sum of products (softmax, attention, norms, pools, smooth functions)
/// a format of its own, and rounds the exact tensors in front of them: in the layer that makes them, or in a quantize
/// layer where others use them as well. Notes what it did.
void settle_precision(ImportedModel& model);

}  // namespace rtlgen
