#include "rtlgen/import/keras_precision.hpp"

#include <map>
#include <set>

#include "rtlgen/import/chosen_formats.hpp"
#include "rtlgen/import/exact_layers.hpp"
#include "rtlgen/import/quantized_functions.hpp"

namespace rtlgen {
namespace {

/// The format of what a layer makes that cannot be exact.
std::string own_format(const ImportedLayer& layer) {
  if (layer.type == "softmax" || (layer.type == "activation" && layer.keys.value("function", "") == "sigmoid")) {
    return "ufixed<16,0>";
  }
  return layer.type == "activation" && layer.keys.value("function", "") == "tanh" ? "fixed<16,1>" : kChosenFormat;
}

std::vector<std::string> inputs_of(const std::vector<ImportedLayer>& layers, std::size_t index) {
  if (!layers[index].inputs.empty()) {
    return layers[index].inputs;
  }
  return {index == 0 ? "event" : layers[index - 1].name};
}

}  // namespace

void settle_precision(ImportedModel& model) {
  std::map<std::string, int> users;
  std::set<std::string> names;
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    names.insert(model.layers[i].name);
    for (const std::string& input : inputs_of(model.layers, i)) {
      ++users[input];
    }
  }
  const std::set<std::string> tables = quantized_functions(model.layers);
  std::vector<ImportedLayer> settled;
  std::map<std::string, std::size_t> exact;  // exact layers, by their place among the settled ones
  std::string rounded;
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    ImportedLayer layer = model.layers[i];
    layer.inputs = inputs_of(model.layers, i);
    if (can_be_exact(model, layer) || tables.count(layer.name) != 0) {
      exact[layer.name] = settled.size();
    } else if (layer.type != "quantize") {
      if (!layer.keys.contains("precision")) {
        layer.keys["precision"] = {{"activation", own_format(layer)}};
      }
      if (layer.type == "multi_head_attention") {
        layer.keys["precision"]["score"] = "fixed<16,8>";
      }
      rounded += (rounded.empty() ? "" : ", ") + layer.name;
      std::string& input = layer.inputs.front();
      const auto producer = exact.find(input);
      // A softmax takes exact sums as they are.
      if (producer != exact.end() && layer.type != "softmax") {
        ImportedLayer& before = settled[producer->second];
        if (users[input] == 1 && before.type != "concat" && before.type != "flatten") {
          before.keys["precision"] = {{"activation", kChosenFormat}};
        } else {
          ImportedLayer rounding;
          rounding.name = layer.name + "_in";
          while (!names.insert(rounding.name).second) {
            rounding.name += "_";
          }
          rounding.type = "quantize";
          rounding.inputs = {input};
          rounding.keys["format"] = kChosenFormat;
          input = rounding.name;
          settled.push_back(rounding);
        }
      }
    }
    settled.push_back(layer);
  }
  for (std::size_t i = 0; i < settled.size(); ++i) {
    if (settled[i].inputs.size() == 1 && settled[i].inputs.front() == (i == 0 ? "event" : settled[i - 1].name)) {
      settled[i].inputs.clear();
    }
  }
  model.layers = settled;
  if (!rounded.empty()) {
    model.notes.push_back("formats chosen here, as the file has none: " + rounded);
  }
}

}  // namespace rtlgen
