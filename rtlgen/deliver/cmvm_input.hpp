// What `rtlgen cmvm` reads: a matrix of whole numbers and the format of the vector.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ir/tensor_type.hpp"

namespace rtlgen {

/// W of y = x W: `values` in C order, [inputs, outputs].
struct IntegerMatrix {
  int inputs = 0;
  int outputs = 0;
  std::vector<std::int64_t> values;

  std::int64_t at(int input, int output) const {
    return values[static_cast<std::size_t>(input) * static_cast<std::size_t>(outputs) +
                  static_cast<std::size_t>(output)];
  }
};

/// Most rows and columns of a matrix, most weights, and bits of a weight without its sign.
constexpr int kMaxMatrixSize = 4096;
constexpr std::size_t kMaxMatrixWeights = std::size_t{1} << 20;
constexpr int kMaxWeightBits = 16;

/// Reads a .npy file of whole numbers w, |w| < 2^16, integers or floats, of shape [inputs, outputs]; both 1 to 4096,
/// 2^20 weights at most. Throws SourceError.
IntegerMatrix read_matrix(const std::string& path);

/// The elements of x as they stand in the port: `width` bits each, two's complement or unsigned.
struct VectorFormat {
  bool is_signed = true;
  int width = 8;
  int frac = 0;
  std::vector<Interval> intervals;  ///< mantissas that can occur, one an element
};

/// `text` is a format `fixed<W,I>` or `ufixed<W,I>` for all elements, or else a .npy file of whole numbers [inputs, 2],
/// smallest and largest value of each element; then the width is what the widest element needs, and elements are
/// signed if any can be negative. Throws SourceError.
VectorFormat read_vector_format(const std::string& text, int inputs);

}  // namespace rtlgen
