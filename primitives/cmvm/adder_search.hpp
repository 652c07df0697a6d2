// Large-neighbourhood search for adder networks of few bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "primitives/cmvm/adder_network.hpp"
#include "primitives/cmvm/subexpression_sharing.hpp"

namespace rtlgen {

/// The temperatures of a search, in adder bits.
class Cooling {
 public:
  /// For `moves` neighbourhoods in a network of some adders: the more there are to an adder, the hotter is the start.
  Cooling(long moves, int adders);
  /// Temperature when this share of the moves is done.
  double temperature(double done) const;
  /// Whether there are enough moves to look at sums in other digits than the canonical ones.
  bool respells() const { return respells_; }

 private:
  bool respells_;
  double hot_;
};

/// Improves a network by taking a few adders out, writing the values that needed them as longer sums, and adding these
/// up anew with what the network has and what they share (large-neighbourhood search: Shaw, CP 1998), under simulated
/// annealing.
class AdderSearch {
 public:
  AdderSearch(AdderNetwork& network, std::uint64_t seed) : network_(network), sharing_(network), random_(seed) {}

  /// Adds up the first solution: each list is the sum over leaves that makes an output. Throws std::logic_error where a
  /// list cannot be added up within its levels, which Kraft's inequality tells. Where there are more than
  /// `pairs` pairs of terms, BlockwiseSharing does it.
  void start(std::vector<TermList> lists, std::size_t pairs = std::numeric_limits<std::size_t>::max());
  /// The same where lists are sums over each other's values too: each must be there by its level, so that what reads it
  /// finds it, and there is no second try. Returns false, and the network as it was, where a list cannot be added up.
  bool start_from_each_other(const std::vector<TermList>& lists);
  /// Tries `moves` neighbourhoods while it cools down from one share of all moves to another.
  void improve(long moves, const Cooling& cooling, double from = 0, double to = 1);

 private:
  bool add_up(const std::vector<TermList>& lists, unsigned noise);
  void define_sums();
  bool add_up_blockwise(const std::vector<TermList>& lists, unsigned noise, std::size_t pairs);
  void try_move(double temperature);
  bool choose_region();
  void grow_region(std::size_t wanted);
  void write_lists();
  void expand(const Term& term, std::vector<LeveledTerm>& terms);
  /// Writes some 4x - x as 2x + x: as many terms, which share other sums. Canonical signed digits alone do not show
  /// that 105 = 128 - 32 + 8 + 1 is 15 * 7 = (16 - 1) * (8 - 1).
  void respell(std::vector<LeveledTerm>& terms);
  /// Makes drafts that one other draft or one list reads one adder of three operands with that, where it saves adder
  /// bits and is there in time. Lists have two or three terms then.
  void make_ternary_adders();
  /// a + b, or what it is with the operands of a draft in its place; a draft that is not needed any more is added to
  /// `gone`. a + b makes `value`, costs `cost`, and must be there at level `latest`.
  std::array<Term, 3> best_sum(const Term& a, const Term& b, int value, int cost, int latest, std::vector<int>& gone);
  int level_of(const std::array<Term, 3>& sum) const;
  int random_operand(int value);
  int change_of_cost();
  void commit();
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

  /// What make_ternary_adders() knows of a draft.
  struct Made {
    bool is_draft = false;
    int uses = 0;
    int level = 0;   ///< at which it is there
    int latest = 0;  ///< level that its readers allow
  };

  AdderNetwork& network_;
  SubexpressionSharing sharing_;
  std::mt19937_64 random_;
  std::vector<int> region_;   // adders taken out
  std::vector<int> targets_;  // values that used them
  std::vector<TermList> lists_;
  std::vector<int> role_;   // by value: in the region, a target, or neither
  std::vector<int> uses_;   // by value: change of the number of its users
  std::vector<Made> made_;  // by value
  int pivot_ = -1;
  bool respells_ = false;
};

}  // namespace rtlgen
