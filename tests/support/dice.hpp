// Seeded randomness: the same numbers on every machine.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

namespace rtlgen::testing {

/// The environment's RTLGEN_TEST_SEED_OFFSET, or 0: other numbers than those of every day, to look for rare faults.
inline unsigned seed_offset() {
  const char* const text = std::getenv("RTLGEN_TEST_SEED_OFFSET");
  return text == nullptr ? 0 : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed + seed_offset()) {}

  std::uint64_t bits() { return random_(); }
  /// 0 to bound - 1.
  int below(int bound) { return static_cast<int>(random_() % static_cast<std::uint64_t>(bound)); }
  /// Both ends included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }
  int number(int low, int high) { return static_cast<int>(between(low, high)); }
  bool percent(int chance) { return below(100) < chance; }
  template <typename T>
  const T& pick(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(below(static_cast<int>(choices.size())))];
  }
  /// Standard normal: the sum of twelve uniform numbers is close enough.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) {
      sum += static_cast<double>(random_() >> 11) * 0x1p-53;
    }
    return sum;
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace rtlgen::testing
