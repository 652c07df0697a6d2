// A hash of linear forms that is itself linear, so that the hash of a sum follows from the hashes of its terms.
#pragma once

#include <cstdint>

namespace rtlgen {

/// Hash of an integer vector c: sum of c_i r_i modulo the prime 2^61 - 1, with r_i random. Shifts of the vector are
/// rotations of its hash, to the left and, for vectors that are divisible, to the right.
class LinearHash {
 public:
  static constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;

  LinearHash() = default;

  /// Hash of the i-th unit vector.
  static LinearHash unit(std::uint64_t i) {
    // Mixed twice: once leaves some words that are the doubles of others, so that hashes of sums would collide.
    return LinearHash(random_word(random_word(i)) % kPrime);
  }
  /// A word that is random in i (Steele, Lea, Flood: SplitMix, 2014); XORs of such words tell sets apart.
  static std::uint64_t random_word(std::uint64_t i) {
    std::uint64_t z = (i + 1) * 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  /// Hash of the vector times 2^shift; a negative shift divides. |shift| < 61.
  LinearHash shifted(int shift) const {
    const int left = shift < 0 ? shift + 61 : shift;
    return LinearHash(((value_ << left) & kPrime) | (value_ >> (61 - left)));
  }
  LinearHash operator-() const { return LinearHash(value_ == 0 ? 0 : kPrime - value_); }
  LinearHash operator+(LinearHash other) const {
    const std::uint64_t sum = value_ + other.value_;
    return LinearHash(sum >= kPrime ? sum - kPrime : sum);
  }
  /// The same number for a vector and its negative.
  std::uint64_t unsigned_key() const { return value_ < kPrime - value_ ? value_ : kPrime - value_; }
  bool operator==(LinearHash other) const { return value_ == other.value_; }

 private:
  explicit LinearHash(std::uint64_t value) : value_(value) {}

  std::uint64_t value_ = 0;
};

}  // namespace rtlgen
