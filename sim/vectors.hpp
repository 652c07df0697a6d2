// Bits of any width and the vector files of the testbench.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace bench {

/// The one source of randomness of a run.
using Random = std::mt19937_64;

/// A value below `bound`, which is at least 1.
inline int random_below(Random& random, int bound) { return static_cast<int>(random() % static_cast<unsigned>(bound)); }

/// A bit vector, element 0 in the low bits. Bits at and above the width are zero.
class Bits {
 public:
  Bits() = default;
  explicit Bits(int width) : width_(width), words_((static_cast<std::size_t>(width) + 31) / 32) {}

  int width() const { return width_; }
  int word_count() const { return static_cast<int>(words_.size()); }
  std::uint32_t word(int index) const { return words_[static_cast<std::size_t>(index)]; }

  /// Sets bits [32*index, 32*index+31]; what lies above the width is dropped.
  void set_word(int index, std::uint32_t value);

  /// Sets the bits [from, width) to zero.
  void clear_from(int from);
  /// Sets the bits [from, width) to random values.
  void randomize_from(int from, Random& random);

  /// Hex digits, the highest first, as many as the width needs.
  std::string to_hex() const;
  /// The inverse of to_hex. Throws std::runtime_error on other characters or set bits above the width.
  static Bits from_hex(const std::string& text, int width);

  friend bool operator==(const Bits& a, const Bits& b) { return a.width_ == b.width_ && a.words_ == b.words_; }

 private:
  int width_ = 0;
  std::vector<std::uint32_t> words_;
};

/// What the core sees in the clock of one input beat.
struct InputBeat {
  Bits data;
  Bits mask;  ///< in_count or in_mask, width 0 where the core has none
};

/// Reads a file with one input beat a line: hex of in_data and, if mask_width > 0, hex of in_count or in_mask.
std::vector<InputBeat> read_inputs(const std::string& path, int data_width, int mask_width);

/// Reads a file with one output beat a line: hex of out_data.
std::vector<Bits> read_outputs(const std::string& path, int data_width);

/// Writes what read_outputs reads.
void write_outputs(const std::string& path, const std::vector<Bits>& beats);

}  // namespace bench
