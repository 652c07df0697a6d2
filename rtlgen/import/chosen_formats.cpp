#include "rtlgen/import/chosen_formats.hpp"

#include <fmt/format.h>

namespace rtlgen {

void settle_chosen_formats(ImportedModel& model, const ImportOptions& options) {
  if (!model.exact) {
    return;
  }
  const bool calibrated = !options.calibration.empty();
  std::string layers;
  for (ImportedLayer& layer : model.layers) {
    const auto precision = layer.keys.find("precision");
    const bool has_chosen = precision != layer.keys.end() && precision->value("activation", "") == kChosenFormat;
    if (has_chosen && calibrated) {
      (*precision)["activation"] = "auto<18>";
    }
    if (precision != layer.keys.end() && calibrated) {
      precision->erase("score");
    }
    if (!calibrated && (has_chosen || layer.keys.value("format", "") == kChosenFormat)) {
      layers += (layers.empty() ? "" : ", ") + layer.name;
    }
  }
  if (!layers.empty()) {
    model.notes.push_back(
        fmt::format("{} was chosen without looking at ranges, of which the file says nothing, for: {}; "
                    "events (--calibration) settle it",
                    kChosenFormat, layers));
  }
}

}  // namespace rtlgen
