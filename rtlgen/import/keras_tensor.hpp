// Tensors of a Keras model on their way into a description.
#pragma once

#include <string>
#include <vector>

namespace rtlgen {

/// A tensor of the Keras model, by the layer of the description that makes it.
struct KerasTensor {
  std::string name;        ///< `event` or a layer of the description
  std::vector<int> shape;  ///< without the batch: [features], [tokens,features]; the event's may have more axes
  bool flat = false;       ///< [tokens*features] of a flatten layer: only a dense layer may follow
  std::vector<double> constant =
      {};  ///< [tokens,features] of a tensor that is the same for all events: only Add may follow
};

}  // namespace rtlgen
