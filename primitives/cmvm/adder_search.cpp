#include "primitives/cmvm/adder_search.hpp"

#include <algorithm>
#include <limits>
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

/// The third operand of a list that is to become an adder; none if that has two.
Term third_term(const TermList& list) { return list.terms.size() > 2 ? list.terms[2].term : Term{}; }

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
    define_sums();
    return;
  }
  throw std::logic_error("adder search: no sum of the terms fits into the levels");
}

bool AdderSearch::start_from_each_other(const std::vector<TermList>& lists) {
  for (const TermList& list : lists) {
    network_.pin_level(list.value, list.level);
  }
  const bool reduced = add_up(lists, 0);
  std::for_each(lists.begin(), lists.end(), [&](const TermList& list) { network_.unpin_level(list.value); });
  if (reduced) {
    define_sums();
  }
  return reduced;
}

void AdderSearch::define_sums() {
  for (const TermList& list : lists_) {
    network_.redefine(list.value, list.terms[0].term, list.terms[1].term);
  }
  network_.update_levels();
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
    if (reduced && network_.ternary().allowed()) {
      make_ternary_adders();
    }
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
    seed = random_operand(seed);
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
    const int origin = region_[below(region_.size())];
    const NetworkValue& from = network_[origin];
    int next = -1;
    const std::size_t kind = below(8);
    if (kind < 3 || from.users.empty()) {
      next = random_operand(origin);
    } else if (kind < 6) {
      next = from.users[below(from.users.size())];
      if (network_[next].output_level >= 0) {  // beyond an output: its other operand
        next = random_operand(next);
      }
    } else {  // a sibling
      const int operand = random_operand(origin);
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
  for (Term operand : {v.a, v.b, v.c}) {
    if (operand.value < 0) {
      continue;
    }
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
      level = std::min(level, network_.operand_level(user, network_.level(user, pivot_)));
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
    for (const Term& operand : {v.a, v.b, v.c}) {
      if (operand.value >= 0) {
        expand(operand, list.terms);
      }
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

int AdderSearch::random_operand(int value) {
  const NetworkValue& v = network_[value];
  return v.operands().at(below(v.is_ternary() ? 3 : 2));
}

void AdderSearch::make_ternary_adders() {
  const std::vector<int> drafts = network_.drafts();
  made_.resize(static_cast<std::size_t>(network_.size()));
  const auto made = [&](int value) -> Made& { return made_[static_cast<std::size_t>(value)]; };
  for (const int draft : drafts) {
    made(draft) = Made{true, 0, 0, std::numeric_limits<int>::max()};
  }
  const auto read = [&](const Term& term, int level) {
    Made& m = made(term.value);
    ++m.uses;
    m.latest = std::min(m.latest, level - 1);
  };
  for (const TermList& list : lists_) {
    read(list.terms[0].term, list.level);
    read(list.terms[1].term, list.level);
  }
  for (auto draft = drafts.rbegin(); draft != drafts.rend(); ++draft) {
    read(network_[*draft].a, made(*draft).latest);
    read(network_[*draft].b, made(*draft).latest);
  }
  std::vector<int> gone;
  for (const int draft : drafts) {
    const std::array<Term, 3> sum =
        best_sum(network_[draft].a, network_[draft].b, draft, network_[draft].cost, made(draft).latest, gone);
    made(draft).level = level_of(sum);
    if (sum[2].value >= 0) {
      network_.make_ternary(draft, sum);
    }
  }
  for (TermList& list : lists_) {
    const Term a = list.terms[0].term;
    const Term b = list.terms[1].term;
    const std::array<Term, 3> sum = best_sum(a, b, list.value, network_.cost_of(list.value, a, b), list.level, gone);
    if (sum[2].value >= 0) {
      list.terms.clear();
      for (const Term& term : sum) {
        list.terms.push_back(network_.leveled(term, 0));
      }
    }
  }
  network_.discard_drafts(gone);
  for (const int draft : drafts) {
    made(draft) = Made{};
  }
}

std::array<Term, 3> AdderSearch::best_sum(const Term& a, const Term& b, int value, int cost, int latest,
                                          std::vector<int>& gone) {
  std::array<Term, 3> best{a, b, Term{}};
  int child = -1;
  int most = 0;
  for (const bool first : {true, false}) {
    const Term& inner = first ? a : b;
    const Made& m = made_[static_cast<std::size_t>(inner.value)];
    const NetworkValue& v = network_[inner.value];
    if (!m.is_draft || m.uses != 1 || v.is_ternary() || below(16) == 0) {
      continue;
    }
    std::array<Term, 3> sum{v.a, v.b, first ? b : a};
    for (std::size_t i = 0; i < 2; ++i) {
      sum.at(i).shift += inner.shift;
      sum.at(i).negative = sum.at(i).negative != inner.negative;
    }
    const int saving = cost + v.cost - network_.cost_of(value, sum[0], sum[1], sum[2]);
    if (saving > most && level_of(sum) <= latest) {
      most = saving;
      best = sum;
      child = inner.value;
    }
  }
  if (child >= 0) {
    gone.push_back(child);
  }
  return best;
}

int AdderSearch::level_of(const std::array<Term, 3>& sum) const {
  int level = 0;
  for (const Term& term : sum) {
    if (term.value >= 0) {
      const Made& m = made_[static_cast<std::size_t>(term.value)];
      level = std::max(level, m.is_draft ? m.level : network_.level(term.value, pivot_));
    }
  }
  return sum[2].value < 0 ? level + 1 : network_.ternary().behind(level);
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
    count(v.c, -1);
  };
  const auto add = [&](const Term& a, const Term& b, const Term& c, int value, int times) {
    change += times * network_.cost_of(value, a, b, c);
    count(a, times);
    count(b, times);
    count(c, times);
  };
  std::for_each(region_.begin(), region_.end(), drop);
  std::for_each(targets_.begin(), targets_.end(), drop);
  for (const TermList& list : lists_) {
    add(list.terms[0].term, list.terms[1].term, third_term(list), list.value, 1);
    touched.push_back(list.value);
  }
  for (const int draft : network_.drafts()) {
    add(network_[draft].a, network_[draft].b, network_[draft].c, draft, 1);
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
      add(list->terms[0].term, list->terms[1].term, third_term(*list), value, -1);
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
      unused.push_back(value);
      for (const int operand : network_[value].operands()) {
        if (operand >= 0) {
          unused.push_back(operand);
        }
      }
    }
  }
  network_.adopt_drafts();
  for (const TermList& list : lists_) {
    network_.redefine(list.value, list.terms[0].term, list.terms[1].term, third_term(list));
  }
  network_.remove_unused(std::move(unused));
  network_.update_levels();
}

}  // namespace rtlgen
