// Formats of tensors of which a quantized model's file says nothing.
#pragma once

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// What the readers give to a layer of an exact model that cannot be exact, and to the one in front of it.
constexpr const char* kChosenFormat = "fixed<18,8>";

/// With calibration events, chosen formats of layers become `auto<18>` (and those of scores are left to calibration);
/// without, a note names the layers, as nobody has looked at their ranges. Does nothing to models that are not exact.
void settle_chosen_formats(ImportedModel& model, const ImportOptions& options);

}  // namespace rtlgen
