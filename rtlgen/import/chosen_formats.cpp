#include "rtlgen/import/chosen_formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rtlgen/import/default_formats.hpp"
#include "rtlgen/import/event_format.hpp"
#include "rtlgen/import/exact_layers.hpp"
#include "rtlgen/import/layer_links.hpp"
#include "rtlgen/import/linear_structure.hpp"
#include "rtlgen/import/quantized_functions.hpp"

namespace rtlgen {
namespace {

bool is_product(const ImportedLayer& layer) { return layer.type == "scores" || layer.type == "mix"; }

/// Whether a layer works on single numbers, so that a quantizer behind it can round what is before it.
bool is_pointwise(const ImportedLayer& layer) {
  return layer.type == "affine" || layer.type == "activation" || layer.type == "batch_norm";
}

/// The format of what a layer makes that cannot be exact, where its range is known.
std::string known_format(const ImportedLayer& layer) {
  const std::string function = layer.type == "activation" ? layer.keys.value("function", "") : layer.type;
  return function == "softmax" || function == "sigmoid" ? "ufixed<16,0>" : function == "tanh" ? "fixed<16,1>" : "";
}

/// Settles the layers of one exact model.
class FormatSettler {
 public:
  FormatSettler(ImportedModel& model, bool calibrated) : model_(model), links_(model.layers), calibrated_(calibrated) {}

  void run() {
    find_exact_layers();
    find_quantized_layers();
    for (std::size_t i = 0; i < model_.layers.size(); ++i) {
      settle(i);
    }
    round_inputs();
    note();
  }

 private:
  ImportedLayer& layer(std::size_t i) { return model_.layers[i]; }

  /// Layers that round nothing, and are no quantizers.
  void find_exact_layers() {
    const std::set<std::string> tables = quantized_functions(model_.layers);
    for (const ImportedLayer& made : model_.layers) {
      const bool can_be = can_be_exact(model_, made) || tables.count(made.name) != 0;
      exact_.push_back(can_be && !made.keys.contains("precision"));
    }
  }

  /// Layers that are quantizers, or lead to nothing else over layers that work on single numbers: what they read is
  /// rounded there.
  void find_quantized_layers() {
    quantized_.resize(model_.layers.size());
    for (std::size_t i = model_.layers.size(); i-- > 0;) {
      const std::vector<std::size_t>& readers = links_.readers(i);
      const bool leads = exact_[i] && is_pointwise(layer(i)) && !readers.empty() &&
                         std::all_of(readers.begin(), readers.end(), [&](std::size_t at) { return quantized_[at]; });
      quantized_[i] = layer(i).type == "quantize" || leads;
    }
  }

  void settle(std::size_t i) {
    if (layer(i).type == "quantize") {
      return;
    }
    if (is_product(layer(i))) {
      for (const std::size_t input : links_.inputs(i)) {
        if (input != kEventPlace && is_wide(input)) {
          unrounded_.insert(input);
        }
      }
    }
    if (exact_[i] || layer(i).type == "argmax") {
      return;
    }
    if (!layer(i).keys.contains("precision")) {
      const std::string known = known_format(layer(i));
      choose(layer(i), known.empty() ? chosen_format() : known);
    }
    layer(i).chosen = true;  // what readers give is chosen, too: the file's own formats are those of quantize layers
    if (layer(i).type == "multi_head_attention" && !calibrated_) {
      layer(i).keys["precision"]["score"] = "fixed<16,8>";
    }
    for (const std::size_t input : links_.inputs(i)) {
      // A softmax takes exact sums as they are.
      if (input != kEventPlace && exact_[input] && layer(i).type != "softmax") {
        unrounded_.insert(input);
      }
    }
  }

  /// Whether an exact tensor would have more bits than products can take: that of weights without a quantizer, or of
  /// scales that differ between features.
  bool is_wide(std::size_t place) {
    for (std::size_t at = place; at != kEventPlace; at = links_.inputs(at).front()) {
      const ImportedLayer& made = layer(at);
      if (!exact_[at]) {
        return false;
      }
      const auto weight = made.arrays.find("weight");
      if (made.type == "batch_norm" || (made.type == "dense" && !weight->second.integral)) {
        return true;
      }
      if (made.type != "activation" && made.type != "affine") {
        return false;
      }
      if (made.type == "affine") {
        const std::vector<double>& factors = weight->second.values;
        if (std::any_of(factors.begin(), factors.end(), [&](double x) { return x != factors[0]; })) {
          return true;
        }
      }
    }
    return false;
  }

  std::string chosen_format() const { return calibrated_ ? kCalibratedFormat : kChosenFormat; }

  void choose(ImportedLayer& made, const std::string& format) {
    made.keys["precision"] = {{"activation", format}};
    made.chosen = true;
  }

  /// Rounds exact tensors for the layers that need it.
  void round_inputs() {
    std::set<std::string> names;
    for (const ImportedLayer& made : model_.layers) {
      names.insert(made.name);
    }
    std::vector<ImportedLayer> behind(model_.layers.size());
    for (const std::size_t i : unrounded_) {
      const std::vector<std::size_t>& readers = links_.readers(i);
      const bool all = std::none_of(readers.begin(), readers.end(), [&](std::size_t at) { return quantized_[at]; });
      if (all && layer(i).type != "concat" && layer(i).type != "flatten") {
        choose(layer(i), chosen_format());
        continue;
      }
      ImportedLayer& rounding = behind[i];
      rounding.name = layer(i).name + "_rounded";
      while (!names.insert(rounding.name).second) {
        rounding.name += "_";
      }
      rounding.type = "activation";
      rounding.inputs = {layer(i).name};
      rounding.keys["function"] = "linear";
      rounding.origin = layer(i).origin;
      choose(rounding, chosen_format());
      for (const std::size_t reader : readers) {
        if (!quantized_[reader]) {
          layer(reader).inputs = input_names(model_.layers, reader);
          std::replace(layer(reader).inputs.begin(), layer(reader).inputs.end(), layer(i).name, rounding.name);
        }
      }
    }
    insert(behind);
  }

  /// Puts layers behind those of the same place; who read the layer before it still does.
  void insert(std::vector<ImportedLayer>& behind) {
    std::vector<ImportedLayer> settled;
    for (std::size_t i = 0; i < model_.layers.size(); ++i) {
      ImportedLayer made = layer(i);
      if (i > 0 && !behind[i - 1].name.empty() && made.inputs.empty()) {
        made.inputs = {layer(i - 1).name};
      }
      settled.push_back(std::move(made));
      if (!behind[i].name.empty()) {
        settled.push_back(std::move(behind[i]));
      }
    }
    model_.layers = std::move(settled);
  }

  void note() {
    std::string layers;
    bool blind = false;
    for (const ImportedLayer& made : model_.layers) {
      if (made.chosen) {
        const std::string format = made.keys["precision"].value("activation", "");
        layers += fmt::format("{}{} {}", layers.empty() ? "" : ", ", made.name, format);
        blind = blind || format == kChosenFormat;
      }
    }
    if (!layers.empty()) {
      model_.notes.push_back(fmt::format("formats chosen here, as the file has none: {}{}", layers,
                                         blind ? fmt::format("; {} without looking at ranges: events (--calibration) "
                                                             "settle it",
                                                             kChosenFormat)
                                         : calibrated_ ? "; the events settle those that are auto"
                                                       : ""));
    }
  }

  ImportedModel& model_;
  const LayerLinks links_;
  const bool calibrated_;
  std::vector<bool> exact_;
  std::vector<bool> quantized_;
  std::set<std::size_t> unrounded_;  ///< exact layers that something reads which needs a format
};

}  // namespace

void settle_formats(ImportedModel& model, const ImportOptions& options) {
  simplify_linear_layers(model);
  settle_event_format(model, options);
  if (model.exact) {
    FormatSettler(model, !options.calibration.empty()).run();
  }
}

}  // namespace rtlgen
