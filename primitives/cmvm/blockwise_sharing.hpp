// Sums of many terms, reduced in blocks of neighbouring inputs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "primitives/cmvm/adder_network.hpp"
#include "primitives/cmvm/subexpression_sharing.hpp"

namespace rtlgen {

/// SubexpressionSharing looks at all pairs of terms of a sum, which are too many where a matrix is wide. Here the
/// inputs are cut into blocks, and each sum into a part a block: first parts share what they have in common with the
/// same block's parts of other sums. Then there are fewer terms, so that blocks become one with their neighbours, and
/// so on until one block is left. The terms of a part never fill more of the levels than is theirs: what Kraft's
/// inequality leaves free in a sum is dealt out to its parts.
class BlockwiseSharing {
 public:
  /// Blocks have at most `pairs` pairs of terms, but for single inputs.
  BlockwiseSharing(AdderNetwork& network, SubexpressionSharing& sharing, std::size_t pairs)
      : network_(network), sharing_(sharing), pairs_(pairs) {}

  /// Whether sums are too long to be reduced as they are.
  static bool needed(const std::vector<TermList>& lists, std::size_t pairs);

  /// Reduces each list, whose terms must be leaves in ascending order, to two terms, as SubexpressionSharing::run()
  /// does, but adopts the values that it makes. Levels of outputs must be pinned. Returns nothing, and leaves nothing
  /// behind, where a list cannot be reduced.
  std::vector<TermList> run(const std::vector<TermList>& lists, unsigned noise, std::mt19937_64& random);

 private:
  /// Parts of sums over the same inputs.
  struct Block {
    std::vector<TermList> parts;
    std::vector<std::size_t> lists;  ///< that the parts belong to, ascending
    std::size_t pairs = 0;
  };

  Block next_block(const std::vector<TermList>& lists);
  std::vector<Block> joined(std::vector<Block> blocks, bool force) const;
  bool reduce(Block& block, bool combine, unsigned noise, std::mt19937_64& random);

  AdderNetwork& network_;
  SubexpressionSharing& sharing_;
  std::size_t pairs_;
  std::vector<int> made_;             ///< values that were adopted
  std::vector<std::size_t> taken_;    ///< by list: terms that are in a block
  std::vector<std::int64_t> filled_;  ///< by list: sum of 2^level over all terms
};

}  // namespace rtlgen
