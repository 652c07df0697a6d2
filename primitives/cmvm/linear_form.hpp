// Linear forms of many inputs, of which most use few.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rtlgen {

/// An integer factor for each input, stored from the first to the last input that counts. Graphs of wide matrices have
/// many values that read inputs close to each other only: all factors of all values would take gigabytes.
class LinearForm {
 public:
  LinearForm() = default;
  /// From the factors of all inputs.
  explicit LinearForm(const std::vector<std::int64_t>& factors);
  /// Input i itself.
  static LinearForm unit(std::size_t i);

  std::int64_t operator[](std::size_t i) const {
    return i >= first_ && i - first_ < factors_.size() ? factors_[i - first_] : 0;
  }
  /// Factors outside [first(), end()) are 0.
  std::size_t first() const { return first_; }
  std::size_t end() const { return first_ + factors_.size(); }

  /// Becomes factor_a * a + factor_b * b, which are other forms. Keeps its memory.
  void set_sum(std::int64_t factor_a, const LinearForm& a, std::int64_t factor_b, const LinearForm& b);

 private:
  void add(std::int64_t factor, const LinearForm& other);

  std::size_t first_ = 0;
  std::vector<std::int64_t> factors_;
};

/// Bits that are set in any factor of a + b, or of a - b where `subtract`.
std::uint64_t bits_of_sum(const LinearForm& a, const LinearForm& b, bool subtract);

}  // namespace rtlgen
