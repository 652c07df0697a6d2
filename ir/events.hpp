// Events as the user has them: real numbers, masks and labels.
#pragma once

#include <cstdint>
#include <vector>

#include "ir/row_matrix.hpp"

namespace rtlgen {

/// A batch of events in real numbers.
struct Events {
  std::size_t count = 0;
  int tokens = 1;
  int features = 1;
  RowMatrix x;                        ///< [count*tokens, features]
  std::vector<std::uint8_t> mask;     ///< [count*tokens], 1 = real token; empty where the model has no mask
  std::vector<std::int64_t> classes;  ///< [count] where the labels are whole numbers of one dimension; else empty
  RowMatrix targets;                  ///< [count*rows, columns] where the labels are real numbers; else empty
};

/// The events [begin, begin + count) of a batch.
Events slice_events(const Events& events, std::size_t begin, std::size_t count);

}  // namespace rtlgen
