#include "rtlgen/import/quantized_functions.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>

#include "primitives/table.hpp"

namespace rtlgen {
namespace {

constexpr int kAnyBits = 64;

/// The function of an activation, or of the layer that has one; empty: none, or softmax.
std::string function_of(const ImportedLayer& layer) {
  const char* const key = layer.type == "activation" ? "function" : "activation";
  const std::string function = layer.keys.value(key, "");
  return function == "none" || function == "softmax" ? "" : function;
}

bool has_real_function(const ImportedLayer& layer) {
  const std::string function = function_of(layer);
  return !function.empty() && function != "relu" && function != "clip";
}

/// Bits of the codes of a quantize layer; many where that is not known.
int code_bits(const ImportedLayer& layer) {
  if (layer.keys.contains("bipolar")) {
    return 1;
  }
  if (layer.keys.contains("bits")) {
    return layer.keys["bits"].get<int>();
  }
  if (layer.keys.contains("format")) {
    const std::string format = layer.keys["format"].get<std::string>();
    const std::size_t begin = format.find('<');
    return begin == std::string::npos ? kAnyBits : std::atoi(format.c_str() + begin + 1);
  }
  const auto array = layer.arrays.find(layer.arrays.count("bits") != 0 ? "bits" : "width");
  if (array == layer.arrays.end() || array->second.values.empty()) {
    return kAnyBits;
  }
  return static_cast<int>(*std::max_element(array->second.values.begin(), array->second.values.end()));
}

class Finder {
 public:
  explicit Finder(const std::vector<ImportedLayer>& layers) : layers_(layers) {
    std::map<std::string, std::size_t> places;
    readers_.resize(layers.size());
    sources_.resize(layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
      std::vector<std::string> inputs = layers[i].inputs;
      if (inputs.empty() && i > 0) {
        inputs = {layers[i - 1].name};
      }
      for (const std::string& input : inputs) {
        const auto source = places.find(input);
        if (source != places.end()) {
          readers_[source->second].push_back(i);
          sources_[i] = source->second;
        }
      }
      places[layers[i].name] = i;
    }
  }

  std::set<std::string> run() const {
    // Readers stand behind what they read.
    std::vector<int> bits(layers_.size());  // of the widest quantizer behind a layer
    for (std::size_t i = layers_.size(); i-- > 0;) {
      bits[i] = readers_[i].empty() ? kUnquantized : 0;
      for (const std::size_t reader : readers_[i]) {
        const ImportedLayer& layer = layers_[reader];
        const bool passes = layer.type == "affine" || layer.type == "activation" || layer.type == "batch_norm";
        bits[i] = std::max(bits[i], layer.type == "quantize" ? code_bits(layer) : passes ? bits[reader] : kUnquantized);
      }
    }
    std::set<std::string> found;
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const int narrowest = std::min(bits[i], bits_before(i));
      if (has_real_function(layers_[i]) && bits[i] < kUnquantized && narrowest <= kMaxTableBits) {
        found.insert(layers_[i].name);
      }
    }
    return found;
  }

 private:
  static constexpr int kUnquantized = 1 << 10;

  /// Bits of the quantizer in front of a function and of what leads to it.
  int bits_before(std::size_t index) const {
    for (std::optional<std::size_t> at = index; at; at = sources_[*at]) {
      const ImportedLayer& layer = layers_[*at];
      if (layer.type == "quantize") {
        return code_bits(layer);
      }
      if (layer.type != "affine" && layer.type != "activation" && layer.type != "batch_norm") {
        return kAnyBits;
      }
    }
    return kAnyBits;
  }

  const std::vector<ImportedLayer>& layers_;
  std::vector<std::vector<std::size_t>> readers_;
  std::vector<std::optional<std::size_t>> sources_;  // of layers with one input
};

}  // namespace

std::set<std::string> quantized_functions(const std::vector<ImportedLayer>& layers) { return Finder(layers).run(); }

}  // namespace rtlgen
