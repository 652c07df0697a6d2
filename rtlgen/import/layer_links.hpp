// Which layers of a description read which.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include "rtlgen/import/imported_model.hpp"

namespace rtlgen {

/// Stands for the event among the places of layers.
constexpr std::size_t kEventPlace = std::numeric_limits<std::size_t>::max();

/// Layers by their places, which stand behind what they read.
class LayerLinks {
 public:
  explicit LayerLinks(const std::vector<ImportedLayer>& layers);

  /// What a layer reads, in order.
  const std::vector<std::size_t>& inputs(std::size_t layer) const { return inputs_[layer]; }
  /// The layers that read a layer or the event; one that reads it twice is there twice.
  const std::vector<std::size_t>& readers(std::size_t layer) const {
    return layer == kEventPlace ? event_readers_ : readers_[layer];
  }

 private:
  std::vector<std::vector<std::size_t>> inputs_;
  std::vector<std::vector<std::size_t>> readers_;
  std::vector<std::size_t> event_readers_;
};

/// The names of a layer's inputs, the default one spelled out.
std::vector<std::string> input_names(const std::vector<ImportedLayer>& layers, std::size_t layer);

}  // namespace rtlgen
