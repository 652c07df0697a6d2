// Whole numbers with a shape.
#pragma once

#include <cstdint>
#include <vector>

namespace rtlgen {

/// Literal integers with a shape, row-major: weights and tables.
struct Literal {
  std::vector<int> shape;
  std::vector<std::int64_t> values;

  bool operator==(const Literal& other) const { return shape == other.shape && values == other.values; }
};

}  // namespace rtlgen
