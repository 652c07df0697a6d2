// A seeded choice among events or tokens: the same for the same numbers, on every machine.
#pragma once

#include <cstddef>
#include <vector>

namespace rtlgen {

/// `wanted` different indices below `count` in rising order, each set as likely as any other; all of them where
/// wanted >= count. Selection sampling: Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S.
std::vector<std::size_t> sample_indices(std::size_t count, std::size_t wanted);

}  // namespace rtlgen
