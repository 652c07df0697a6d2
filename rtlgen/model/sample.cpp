#include "rtlgen/model/sample.hpp"

#include <algorithm>
#include <random>

namespace rtlgen {

std::vector<std::size_t> sample_indices(std::size_t count, std::size_t wanted) {
  std::mt19937_64 random(1);
  std::vector<std::size_t> chosen;
  chosen.reserve(std::min(count, wanted));
  for (std::size_t index = 0; index < count && chosen.size() < wanted; ++index) {
    // The distributions of the standard library differ from one to the next; the remainder's bias is below 2^-40.
    if (random() % (count - index) < wanted - chosen.size()) {
      chosen.push_back(index);
    }
  }
  return chosen;
}

}  // namespace rtlgen
