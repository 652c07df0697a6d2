// What becomes of the tokens of an event in a pool.
#pragma once

namespace rtlgen {

/// The numbers are those of the RTL parameter MODE.
enum class PoolMode { mean = 0, sum = 1, max = 2 };

}  // namespace rtlgen
