#include "primitives/cmvm/adder_search.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "primitives/cmvm/annealing.hpp"
#include "primitives/cmvm/blockwise_sharing.hpp"

namespace rtlgen {
namespace {

constexpr std::size_t kMostTargets = 40;
constexpr std::size_t kLargestRegion = 20;
/// Spread of the scores, in 1/256: patterns are taken almost in random order, which finds more than greed does.
constexpr unsigned kNoise = 100000;
constexpr int kNone = 0;
constexpr int kRegion = 1;
constexpr int kTarget = 2;
constexpr int kGone = -1000000;  // uses of a value that is gone: never again 0 users

/// Moves for each adder from which on there is time to spell sums in other digits.
constexpr long kManyMoves = 50;
constexpr double kCold = 0.2;  // adder bits

/// The least level at which a sum can be there (Kraft's inequality).
int least_level(const std::vector<LeveledTerm>& terms) {
  std::int64_t sum = 0;
  for (const LeveledTerm& term : terms) {
    sum += std::int64_t{1} << term.level;
  }
  int level = 0;
  while ((std::int64_t{1} << level) < sum) {
    ++level;
  }
  return level;
}

}  // namespace

Cooling::Cooling(long moves, int adders)
    : respells_(moves >= kManyMoves * adders), hot_(std::clamp(static_cast<double>(moves / adders) / 150, 0.3, 4.0)) {}

double Cooling::temperature(double done) const { return kCold + (hot_ - kCold) * (1 - done) * (1 - done); }

void AdderSearch::start(std::vector<TermList> lists, std::size_t pairs) {
  constexpr unsigned kAttempts = 64;
  const bool blockwise = BlockwiseSharing::needed(lists, pairs);
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt) {
    if (attempt > 0 || blockwise) {
      // An output that comes at its latest level cannot be part of another one that is as late, and stands in the way
      // of that part. As early as its terms allow it can.
      for (TermList& list : lists) {
        list.level = attempt > 0 ? least_level(list.terms) : list.level;
        network_.pin_level(list.value, list.level);
      }
    }
    const bool reduced =
        blockwise ? add_up_blockwise(lists, attempt * attempt, pairs) : add_up(lists, attempt * attempt);
    std::for_each(lists.begin(), lists.end(), [&](const TermList& list) { network_.unpin_level(list.value); });
    if (!reduced) {
      continue;
    }
    for (const TermList& list : lists_) {
      network_.redefine(list.value, list.terms[0].term, list.terms[1].term);
    }
    network_.update_levels();
    return;
  }
  throw std::logic_error("adder search: no sum of the terms fits into the levels");
}

bool AdderSearch::add_up(const std::vector<TermList>& lists, unsigned noise) {
  lists_ = lists;
  if (!sharing_.run(lists_, -1, noise, random_)) {
    network_.discard_drafts();
    return false;
  }
  network_.adopt_drafts();
  return true;
}

bool AdderSearch::add_up_blockwise(const std::vector<TermList>& lists, unsigned noise, std::size_t pairs) {
  lists_ = BlockwiseSharing(network_, sharing_, pairs).run(lists, noise, random_);
  return !lists_.empty();
}

void AdderSearch::improve(long moves, const Cooling& cooling, double from, double to) {
  constexpr int kSteps = 64;
  respells_ = cooling.respells();
  for (int step = 0; step < kSteps; ++step) {
    const double temperature = cooling.temperature(from + (to - from) * step / kSteps);
    for (long move = moves * step / kSteps; move < moves * (step + 1) / kSteps; ++move) {
      try_move(temperature);
    }
  }
}

void AdderSearch::try_move(double temperature) {
  role_.resize(static_cast<std::size_t>(network_.size()), 0);
  if (choose_region()) {
    write_lists();
    for (const int value : region_) {
      network_.hide(value);
    }
    const bool reduced = sharing_.run(lists_, pivot_, kNoise, random_);
    for (const int value : targets_) {
      network_.unpin_level(value);
    }
    role_.resize(static_cast<std::size_t>(network_.size()), 0);
    uses_.resize(static_cast<std::size_t>(network_.size()), 0);
    if (reduced && accept_change(change_of_cost(), temperature, random_)) {
      commit();
    } else {
      network_.discard_drafts();
      std::for_each(region_.begin(), region_.end(), [&](int value) { network_.reveal(value); });
    }
  }
  for (const std::vector<int>* values : {&region_, &targets_}) {
    for (const int value : *values) {
      role_[static_cast<std::size_t>(value)] = kNone;
    }
  }
}

bool AdderSearch::choose_region() {
  region_.clear();
  targets_.clear();
  int seed = 0;
  do {
    seed = network_.leaves() + static_cast<int>(below(static_cast<std::size_t>(network_.size() - network_.leaves())));
  } while (network_[seed].kind != NetworkValue::Kind::adder);
  if (network_[seed].output_level >= 0) {
    seed = below(2) == 0 ? network_[seed].a.value : network_[seed].b.value;
    if (seed < network_.leaves() || network_[seed].output_level >= 0) {
      return false;
    }
  }
  region_.push_back(seed);
  role_[static_cast<std::size_t>(seed)] = kRegion;
  std::size_t wanted = 1;
  while (wanted < kLargestRegion && below(256) < 250) {
    ++wanted;
  }
  grow_region(wanted);
  for (const int value : region_) {
    for (const int user : network_[value].users) {
      if (role_[static_cast<std::size_t>(user)] == kNone) {
        role_[static_cast<std::size_t>(user)] = kTarget;
        targets_.push_back(user);
      }
    }
  }
  return targets_.size() <= kMostTargets;
}

void AdderSearch::grow_region(std::size_t wanted) {
  for (std::size_t tries = 0; region_.size() < wanted && tries < 4 * wanted; ++tries) {
    const NetworkValue& from = network_[region_[below(region_.size())]];
    int next = -1;
    const std::size_t kind = below(8);
    if (kind < 3 || from.users.empty()) {
      next = below(2) == 0 ? from.a.value : from.b.value;
    } else if (kind < 6) {
      next = from.users[below(from.users.size())];
      if (network_[next].output_level >= 0) {  // beyond an output: its other operand
        next = below(2) == 0 ? network_[next].a.value : network_[next].b.value;
      }
    } else {  // a sibling
      const int operand = below(2) == 0 ? from.a.value : from.b.value;
      if (operand >= network_.leaves()) {
        const std::vector<int>& users = network_[operand].users;
        next = users[below(users.size())];
      }
    }
    if (next < network_.leaves() || role_[static_cast<std::size_t>(next)] != kNone ||
        network_[next].output_level >= 0) {
      continue;
    }
    region_.push_back(next);
    role_[static_cast<std::size_t>(next)] = kRegion;
  }
}

void AdderSearch::expand(const Term& term, std::vector<LeveledTerm>& terms) {
  if (role_[static_cast<std::size_t>(term.value)] != kRegion) {
    terms.push_back(network_.leveled(term, network_.level(term.value, pivot_)));
    return;
  }
  const NetworkValue& v = network_[term.value];
  for (Term operand : {v.a, v.b}) {
    operand.shift += term.shift;
    operand.negative = operand.negative != term.negative;
    expand(operand, terms);
  }
}

void AdderSearch::write_lists() {
  pivot_ = static_cast<int>(below(static_cast<std::size_t>(network_[targets_[0]].latest) + 1)) - 1;
  std::vector<int> levels;
  for (const int target : targets_) {
    const NetworkValue& v = network_[target];
    int level = v.output_level >= 0 ? v.output_level : v.latest;
    for (const int user : v.users) {
      level = std::min(level, network_.level(user, pivot_) - 1);
    }
    levels.push_back(level);
  }
  for (std::size_t t = 0; t < targets_.size(); ++t) {
    network_.pin_level(targets_[t], levels[t]);
  }
  lists_.resize(targets_.size());
  for (std::size_t t = 0; t < targets_.size(); ++t) {
    const NetworkValue& v = network_[targets_[t]];
    TermList& list = lists_[t];
    list.value = targets_[t];
    list.level = levels[t];
    list.terms.clear();
    for (const Term& operand : {v.a, v.b}) {
      expand(operand, list.terms);
    }
    merge_terms(network_, list.terms);
    if (respells_ && below(2) == 0) {
      respell(list.terms);
    }
  }
}

void AdderSearch::respell(std::vector<LeveledTerm>& terms) {
  for (LeveledTerm& high : terms) {
    const auto at_shift = [&](int shift) {
      return std::find_if(terms.begin(), terms.end(), [&](const LeveledTerm& other) {
        return other.term.value == high.term.value && other.term.shift == shift;
      });
    };
    const auto low = at_shift(high.term.shift - 2);
    if (low == terms.end() || low->term.negative == high.term.negative ||
        at_shift(high.term.shift - 1) != terms.end() || below(2) == 0) {
      continue;
    }
    high = network_.leveled({high.term.value, high.term.shift - 1, high.term.negative}, high.level);
    *low = network_.leveled({low->term.value, low->term.shift, high.term.negative}, low->level);
  }
}

int AdderSearch::change_of_cost() {
  int change = 0;
  std::vector<int> touched;
  const auto count = [&](const Term& term, int by) {
    if (term.value >= network_.leaves()) {
      uses_[static_cast<std::size_t>(term.value)] += by;
      touched.push_back(term.value);
    }
  };
  const auto drop = [&](int value) {
    const NetworkValue& v = network_[value];
    change -= v.cost;
    count(v.a, -1);
    count(v.b, -1);
  };
  const auto add = [&](const Term& a, const Term& b, int value, int times) {
    change += times * network_.cost_of(value, a, b);
    count(a, times);
    count(b, times);
  };
  std::for_each(region_.begin(), region_.end(), drop);
  std::for_each(targets_.begin(), targets_.end(), drop);
  for (const TermList& list : lists_) {
    add(list.terms[0].term, list.terms[1].term, list.value, 1);
    touched.push_back(list.value);
  }
  for (const int draft : network_.drafts()) {
    add(network_[draft].a, network_[draft].b, draft, 1);
    touched.push_back(draft);
  }
  // What nothing uses any more goes too.
  for (std::size_t i = 0; i < touched.size(); ++i) {
    const int value = touched[i];
    const NetworkValue& v = network_[value];
    int& uses = uses_[static_cast<std::size_t>(value)];
    const int role = role_[static_cast<std::size_t>(value)];
    if (role == kRegion || v.output_level >= 0 || static_cast<int>(v.users.size()) + uses != 0) {
      continue;
    }
    uses = kGone;
    if (role == kTarget) {
      const auto list = std::find_if(lists_.begin(), lists_.end(), [&](const TermList& l) { return l.value == value; });
      add(list->terms[0].term, list->terms[1].term, value, -1);
    } else {
      drop(value);
    }
  }
  for (const int value : touched) {
    uses_[static_cast<std::size_t>(value)] = 0;
  }
  return change;
}

void AdderSearch::commit() {
  std::vector<int> unused = network_.drafts();
  for (const std::vector<int>* values : {&region_, &targets_}) {
    for (const int value : *values) {
      unused.insert(unused.end(), {value, network_[value].a.value, network_[value].b.value});
    }
  }
  network_.adopt_drafts();
  for (const TermList& list : lists_) {
    network_.redefine(list.value, list.terms[0].term, list.terms[1].term);
  }
  network_.remove_unused(std::move(unused));
  network_.update_levels();
}

}  // namespace rtlgen
