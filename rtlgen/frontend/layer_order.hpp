// The order in which layers can be computed.
#pragma once

#include <cstddef>
#include <vector>

#include "rtlgen/frontend/layer_spec.hpp"

namespace rtlgen {

/// Stands for the event among the producers of a layer.
constexpr std::size_t kEventProducer = static_cast<std::size_t>(-1);

/// Layers in an order where producers come first; the output is the last.
struct OrderedLayers {
  std::vector<LayerSpec> layers;
  std::vector<std::vector<std::size_t>> producers;  ///< of each layer's inputs: index in `layers` or kEventProducer
  std::vector<std::size_t> users;                   ///< how often each layer is an input
};

/// Resolves names and sorts (layers stay in file order where they can). Throws SourceError: unknown names, cycles,
/// layers that do not lead to the output, which is the last in the file.
OrderedLayers order_layers(const LayerList& list);

}  // namespace rtlgen
