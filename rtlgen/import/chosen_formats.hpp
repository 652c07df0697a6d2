// Formats of tensors of which a model's file says nothing.
#pragma once

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// Simplifies affine layers, settles the format of the event, and gives formats to the tensors of an exact model that
/// cannot be exact: what layers make that are no sums of products (attention, norms, means of masked tokens, smooth
/// functions), and what they read. Exact tensors are rounded in the layer that makes them, or in an activation `linear`
/// behind it where quantize layers read them as well. Formats that are chosen here are marked, and notes name them.
void settle_formats(ImportedModel& model, const ImportOptions& options);

}  // namespace rtlgen
