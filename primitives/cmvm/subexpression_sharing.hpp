// Reduces sums of many terms to sums of two, sharing what they have in common.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "primitives/cmvm/adder_network.hpp"
#include "primitives/cmvm/key_table.hpp"

namespace rtlgen {

/// A value to be made: the sum of its terms, at a level of at most `level`.
struct TermList {
  int value = -1;
  int level = 0;
  std::vector<LeveledTerm> terms;
  /// Where not 0, the terms are only a part of the sum, and the sum of 2^level over them must not exceed this.
  std::int64_t room = 0;
};

/// Brings the terms of one value together, in as few signed digits as they need.
void merge_terms(const AdderNetwork& network, std::vector<LeveledTerm>& terms);

/// Common subexpression elimination of two-term patterns (Hartley, IEEE TCAS-II 43, 1996), weighted with adder bits.
/// Patterns are told by what they compute, not by how: values that exist already, and other pairs with the same sum,
/// are found too. A list never grows deeper than its level (its terms obey Kraft's inequality).
class SubexpressionSharing {
 public:
  explicit SubexpressionSharing(AdderNetwork& network) : network_(network) {}

  /// Replaces pairs of terms by one until each list has at most two, drafting values in the network. A value of the
  /// network may be used where its level is low enough: its latest level if that is above `pivot`, else its earliest.
  /// `noise` in 1/256: how much scores are spread by chance. Returns false, with drafts left behind, where a list
  /// cannot be reduced. Parts of sums are reduced as far as their room allows. Without `combine`, what has nothing to
  /// share stays as it is.
  bool run(std::vector<TermList>& lists, int pivot, unsigned noise, std::mt19937_64& random, bool combine = true);

  /// Pairs of terms, different ones and places where they stood, that the last run kept in memory.
  std::size_t patterns() const { return patterns_.size(); }
  std::size_t places() const { return places_.size(); }

 private:
  struct Pattern {
    std::uint64_t key = 0;
    int value = -1;  ///< the value, where it exists
    int level = 0;
    int cost = 0;
    int spread = 0;   ///< 256 and noise
    int count = 0;    ///< occurrences, overlapping ones too
    int places = -1;  ///< head of a list of lists in which it occurs
  };
  /// A term of a list that makes the pattern with one behind it, or did.
  struct Place {
    int list = 0;
    int value = -1;
    int shift = 0;
    int next = -1;
  };
  /// The same as an index into the list; `rank` is that of the list in the order of places.
  struct First {
    int rank = 0;
    int list = 0;
    int index = 0;
  };
  struct Candidate {
    int score = 0;
    int pattern = 0;
    bool operator<(const Candidate& other) const {
      return score != other.score ? score < other.score : pattern > other.pattern;
    }
  };

  int add_pair(int list, const LeveledTerm& a, const LeveledTerm& b);
  Pattern& pattern_of(const LeveledTerm& a, const LeveledTerm& b);
  void propose(int pattern);
  int score(const Pattern& pattern) const;
  bool apply(int pattern);
  void find_firsts(const Pattern& pattern);
  bool fits(const TermList& list, const LeveledTerm& a, const LeveledTerm& b, int level) const;
  bool contains(int list, const LeveledTerm& term) const;
  void take_out(int list, const LeveledTerm& term);
  void replace(int list, const LeveledTerm& a, const LeveledTerm& b, LeveledTerm sum);
  bool combine_cheapest(int list);
  /// Adds the cheapest third term to the sum of two that came at `level`, one that makes an adder of three operands
  /// with them no later than these allow.
  void combine_third(int list, const LeveledTerm& sum, int level);
  LeveledTerm sum_of(Pattern& pattern, const LeveledTerm& a, const LeveledTerm& b);

  AdderNetwork& network_;
  std::vector<TermList>* lists_ = nullptr;
  int pivot_ = 0;
  unsigned noise_ = 0;
  std::uint64_t seed_ = 0;
  int fewest_uses_ = 2;  // of a sum that is shared
  KeyTable table_;
  std::vector<Pattern> patterns_;
  std::vector<Place> places_;
  std::vector<First> firsts_;
  std::vector<int> ranks_;  // by list; -1 but in find_firsts()
  std::vector<Candidate> heap_;
  std::vector<std::int64_t> kraft_;
};

}  // namespace rtlgen
