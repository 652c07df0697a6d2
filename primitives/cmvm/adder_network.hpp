// The adder graph while it is being searched for: values known by what they compute, and how each is added up.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ir/numerics/interval.hpp"
#include "primitives/cmvm/key_table.hpp"
#include "primitives/cmvm/linear_form.hpp"
#include "primitives/cmvm/linear_hash.hpp"
#include "primitives/cmvm/ternary_levels.hpp"

namespace rtlgen {

/// One summand: +-(value << shift).
struct Term {
  int value = -1;
  int shift = 0;
  bool negative = false;
};

/// A term with what is asked of it often.
struct LeveledTerm {
  Term term;
  int level = 0;             ///< at which it is there
  LinearHash hash;           ///< of the term, with sign and shift
  std::uint64_t parity = 0;  ///< of its value
};

/// A linear form of the inputs, up to sign: a leaf, which is given, or the sum of two terms, or of three where there
/// are such adders. Its coefficients are not
/// all even, but for the rare sums of two odd forms that are.
struct NetworkValue {
  enum class Kind { unused, leaf, adder };

  Kind kind = Kind::unused;
  Term a;
  Term b;
  Term c;  ///< of no value where there are two operands
  LinearHash hash;
  std::uint64_t parity = 0;  ///< XOR of random words, one for each odd coefficient
  LinearForm form;           ///< coefficients of the inputs
  Interval interval;         ///< every value that can occur
  int bits = 0;              ///< value_bits(interval)
  bool has_sign = false;     ///< of the bits, the top one is a sign
  int cost = 0;              ///< adder bits, if signs fall well
  int earliest = 0;          ///< level, counted from the leaves
  int latest = 0;            ///< level, counted from the outputs
  int output_level = -1;     ///< latest level that an output allows; -1: no output
  bool hidden = false;       ///< find() does not see it
  int pinned_level = -1;     ///< where not -1: what level() answers
  std::vector<int> users;    ///< adders that read it, once for each operand; not kept for leaves

  bool is_ternary() const { return c.value >= 0; }
  /// Values of the operands, -1 where there is none.
  std::array<int, 3> operands() const { return {a.value, b.value, c.value}; }
};

/// Values and the adders that make them. Every value is there once: it is found by its coefficients.
class AdderNetwork {
 public:
  /// A network without adders over `inputs`, that may have adders of three operands where `ternary` allows them.
  explicit AdderNetwork(const std::vector<Interval>& inputs, const TernaryLevels& ternary = {});

  int size() const { return static_cast<int>(values_.size()); }
  const std::vector<Interval>& inputs() const { return inputs_; }
  const TernaryLevels& ternary() const { return ternary_; }
  /// Values below this one are leaves, all others are not: first the inputs, then those of add_leaf().
  int leaves() const { return leaves_; }
  const NetworkValue& operator[](int value) const { return values_[static_cast<std::size_t>(value)]; }
  /// What a value is made of: its coefficients.
  const LinearForm& form(int value) const { return (*this)[value].form; }

  /// Adds a required value, made of nothing yet; its coefficients are odd together and no other value's, up to sign.
  int add_output(const std::vector<std::int64_t>& coefficients, int latest_level);
  /// Makes an output a value like others, which may be removed.
  void release_output(int value);
  /// Adds a value of another network over the same inputs as a leaf that is there at `level`. Before all adders.
  int add_leaf(const AdderNetwork& from, int value, int level);
  /// Adds a value of another network over the same inputs as an adder that is made of nothing yet; `latest_level` as
  /// NetworkValue::output_level.
  int add_copy(const AdderNetwork& from, int value, int latest_level);
  /// A term of another network over the same inputs, whose value this network has too; none of none.
  Term translated(const AdderNetwork& from, const Term& term) const;

  /// A term that is there at `level`.
  LeveledTerm leveled(const Term& term, int level) const {
    const NetworkValue& v = (*this)[term.value];
    const LinearHash hash = v.hash.shifted(term.shift);
    return {term, level, term.negative ? -hash : hash, v.parity};
  }
  /// Hash of the value that two terms make, up to sign and powers of two: sums with the same hash are the same but for
  /// these. Not for terms that cancel.
  std::uint64_t key_of_sum(const LeveledTerm& a, const LeveledTerm& b) const;
  /// The value with a key, or -1.
  int find(std::uint64_t key) const { return table_.find(key); }
  /// Adder bits of a sum of two terms, not looking at cancellation between them.
  int estimate_cost(const Term& a, const Term& b) const;

  /// Every value that a sum of two terms can have.
  Interval interval_of_sum(const Term& a, const Term& b) const;
  /// Makes the sum of two terms a value that nothing uses and that find() does not know yet. Returns what a + b is in
  /// terms of it.
  Term draft(const Term& a, const Term& b);
  /// Takes back all drafts that were not adopted.
  void discard_drafts();
  const std::vector<int>& drafts() const { return drafts_; }
  /// Makes a draft the sum of three terms that it is the sum of.
  void make_ternary(int draft, const std::array<Term, 3>& sum);
  /// Takes back drafts that nothing reads, which stand in ascending places of drafts().
  void discard_drafts(const std::vector<int>& values);

  /// What an adder costs whose operands are replaced by `a` and `b`, and by `c` unless it is none, exactly.
  int cost_of(int value, const Term& a, const Term& b, const Term& c = {}) const;

  /// A level for every value such that operands come before their users: the latest where that is above `pivot`, else
  /// the earliest. Where levels are pinned, whoever pins them sees to that.
  int level(int value, int pivot) const {
    const NetworkValue& v = (*this)[value];
    return v.pinned_level >= 0 ? v.pinned_level : (v.latest > pivot ? v.latest : v.earliest);
  }
  /// The latest level of the operands of an adder that must be there at `level`.
  int operand_level(int value, int level) const {
    return (*this)[value].is_ternary() ? ternary_.before(level) : level - 1;
  }
  void pin_level(int value, int level) { values_[static_cast<std::size_t>(value)].pinned_level = level; }
  void unpin_level(int value) { pin_level(value, -1); }

  /// Keeps find() from seeing a value, and lets it see it again.
  void hide(int value);
  void reveal(int value);

  // --- Changing what has been decided; update_levels() must be called after a series of these ---

  /// Makes all drafts values like the others.
  void adopt_drafts();
  /// Makes `value` the sum of two terms, or of three.
  void redefine(int value, const Term& a, const Term& b, const Term& c = {});
  /// Removes those of the values that nothing uses and that are no outputs, and what nothing uses then.
  void remove_unused(std::vector<int> values);
  /// Brings the levels up to date around the values changed.
  void update_levels();

  /// How many adders there are.
  int adders() const;
  /// About the memory that the values take; the same on every machine.
  std::size_t bytes() const;
  /// Adder bits of all adders.
  long total_cost() const { return total_cost_; }

 private:
  int allocate();
  int copy(const AdderNetwork& from, int value);
  int overlap(const Term& a, const Term& b, int width) const;
  int overlap(const std::array<Term, 3>& sum, int width) const;
  void connect(int value);
  void disconnect(int value);
  void remove(int value);
  void refresh_interval(int value);

  int leaves_ = 0;
  std::vector<NetworkValue> values_;
  std::vector<int> free_;
  std::vector<int> drafts_;
  KeyTable table_;
  std::vector<int> changed_;
  std::vector<Interval> inputs_;
  TernaryLevels ternary_;
  long total_cost_ = 0;
};

}  // namespace rtlgen
