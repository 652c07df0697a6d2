#include "rtlgen/import/keras_shapes.hpp"

#include "rtlgen/files/npy.hpp"

namespace rtlgen {

std::string shape_of(const std::vector<int>& shape) {
  return shape_text(std::vector<std::size_t>(shape.begin(), shape.end()));
}

int tokens_of(const KerasTensor& tensor) { return tensor.shape.size() == 1 ? 1 : tensor.shape.front(); }

std::size_t features_of(const KerasTensor& tensor) { return static_cast<std::size_t>(tensor.shape.back()); }

std::vector<int> with_features(const KerasTensor& tensor, std::size_t features) {
  std::vector<int> shape = tensor.shape;
  shape.back() = static_cast<int>(features);
  return shape;
}

std::vector<double> transposed(const std::vector<double>& values, std::size_t rows, std::size_t columns) {
  std::vector<double> result(values.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      result[c * rows + r] = values[r * columns + c];
    }
  }
  return result;
}

}  // namespace rtlgen
