// Imported models as a folder that `rtlgen build` takes.
#pragma once

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// Writes `model.yaml`, `weights.npz` and, where events are given, `calibration.*` to a new folder `options.out`, and
/// checks that the description loads and becomes integers, as `check` does. Nothing is left where it fails. Throws
/// SourceError that names the layer of the file.
void write_import(const ImportedModel& model, const ImportOptions& options);

}  // namespace rtlgen
