#include "ir/events.hpp"

namespace rtlgen {

Events slice_events(const Events& events, std::size_t begin, std::size_t count) {
  const auto rows_from = [&](const RowMatrix& all) -> RowMatrix {
    if (all.size() == 0) {
      return all;
    }
    const Eigen::Index rows = all.rows() / static_cast<Eigen::Index>(events.count);
    return all.middleRows(static_cast<Eigen::Index>(begin) * rows, static_cast<Eigen::Index>(count) * rows);
  };
  Events part;
  part.count = count;
  part.tokens = events.tokens;
  part.features = events.features;
  part.x = rows_from(events.x);
  part.targets = rows_from(events.targets);
  if (!events.mask.empty()) {
    const auto from = events.mask.begin() + static_cast<std::ptrdiff_t>(begin) * events.tokens;
    part.mask.assign(from, from + static_cast<std::ptrdiff_t>(count) * events.tokens);
  }
  if (!events.classes.empty()) {
    const auto from = events.classes.begin() + static_cast<std::ptrdiff_t>(begin);
    part.classes.assign(from, from + static_cast<std::ptrdiff_t>(count));
  }
  return part;
}

}  // namespace rtlgen
