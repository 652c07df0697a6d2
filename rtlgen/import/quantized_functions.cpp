#include "rtlgen/import/quantized_functions.hpp"

#include <algorithm>
#include <cstdlib>

#include "primitives/table.hpp"
#include "rtlgen/import/layer_links.hpp"

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
  return !function.empty() && function != "relu" && function != "clip" && function != "linear";
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
  explicit Finder(const std::vector<ImportedLayer>& layers) : layers_(layers), links_(layers) {}

  std::set<std::string> run() const {
    // Readers stand behind what they read.
    std::vector<int> bits(layers_.size());  // of the widest quantizer behind a layer
    for (std::size_t i = layers_.size(); i-- > 0;) {
      bits[i] = links_.readers(i).empty() ? kUnquantized : 0;
      for (const std::size_t reader : links_.readers(i)) {
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
    for (std::size_t at = index; at != kEventPlace; at = links_.inputs(at).front()) {
      const ImportedLayer& layer = layers_[at];
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
  const LayerLinks links_;
};

}  // namespace

std::set<std::string> quantized_functions(const std::vector<ImportedLayer>& layers) { return Finder(layers).run(); }

}  // namespace rtlgen
