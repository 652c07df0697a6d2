// Shapes of Keras tensors and orders of weights.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rtlgen/import/keras_tensor.hpp"

namespace rtlgen {

/// `[4,6]`.
std::string shape_of(const std::vector<int>& shape);
/// 1 for [features].
int tokens_of(const KerasTensor& tensor);
std::size_t features_of(const KerasTensor& tensor);
/// The tensor's shape with another number of features.
std::vector<int> with_features(const KerasTensor& tensor, std::size_t features);
/// [rows, columns] of an array transposed.
std::vector<double> transposed(const std::vector<double>& values, std::size_t rows, std::size_t columns);

}  // namespace rtlgen
