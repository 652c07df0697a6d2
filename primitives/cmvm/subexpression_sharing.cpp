#include "primitives/cmvm/subexpression_sharing.hpp"

#include <algorithm>
#include <utility>

#include "primitives/cmvm/signed_digits.hpp"

namespace rtlgen {
namespace {

/// Sign and shift of a term that is the sum of two, given the value of that sum.
LeveledTerm term_of_sum(const AdderNetwork& network, int value, int level, const Term& a, const Term& b) {
  // The first input with a coefficient tells.
  const LinearForm& ca = network.form(a.value);
  const LinearForm& cb = network.form(b.value);
  const LinearForm& cv = network.form(value);
  const int common = std::min(a.shift, b.shift);
  std::size_t i = cv.first();
  while (cv[i] == 0) {
    ++i;
  }
  const auto part = [&](const Term& term, std::int64_t coefficient) {
    return (term.negative ? -coefficient : coefficient) * (std::int64_t{1} << (term.shift - common));
  };
  const std::int64_t sum = part(a, ca[i]) + part(b, cb[i]);
  const int shift =
      __builtin_ctzll(static_cast<std::uint64_t>(sum)) - __builtin_ctzll(static_cast<std::uint64_t>(cv[i]));
  return network.leveled({value, common + shift, (sum < 0) != (cv[i] < 0)}, level);
}

/// What Kraft's sum over the terms may become.
std::int64_t room(const TermList& list) { return list.room > 0 ? list.room : std::int64_t{1} << list.level; }

/// A list with so many terms is done.
std::size_t fewest_terms(const TermList& list) { return list.room > 0 ? 1 : 2; }

}  // namespace

void merge_terms(const AdderNetwork& network, std::vector<LeveledTerm>& terms) {
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const int value = terms[i].term.value;
    const auto same = [&](const LeveledTerm& other) { return other.term.value == value; };
    const auto rest = terms.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    if (std::none_of(rest, terms.end(), same)) {
      continue;
    }
    int lowest = terms[i].term.shift;
    std::for_each(rest, terms.end(),
                  [&](const LeveledTerm& t) { lowest = same(t) ? std::min(lowest, t.term.shift) : lowest; });
    const int level = terms[i].level;
    std::int64_t factor = 0;
    std::for_each(rest - 1, terms.end(), [&](const LeveledTerm& t) {
      const std::int64_t part = same(t) ? std::int64_t{1} << (t.term.shift - lowest) : 0;
      factor += t.term.negative ? -part : part;
    });
    terms.erase(std::remove_if(rest - 1, terms.end(), same), terms.end());
    std::vector<LeveledTerm> digits;
    for (const SignedDigit& digit : canonical_signed_digits(factor)) {
      digits.push_back(network.leveled({value, lowest + digit.shift, digit.negative}, level));
    }
    terms.insert(terms.begin() + static_cast<std::ptrdiff_t>(i), digits.begin(), digits.end());
    i += digits.size();
    --i;
  }
}

bool SubexpressionSharing::run(std::vector<TermList>& lists, int pivot, unsigned noise, std::mt19937_64& random,
                               bool combine) {
  lists_ = &lists;
  pivot_ = pivot;
  noise_ = noise;
  seed_ = random();
  // With adders of three operands a sum that two lists share may cost as much as it saves.
  fewest_uses_ = network_.ternary().allowed() && (seed_ >> 32) % 2 == 0 ? 3 : 2;
  table_.clear();
  patterns_.clear();
  places_.clear();
  heap_.clear();
  kraft_.assign(lists.size(), 0);
  for (std::size_t l = 0; l < lists.size(); ++l) {
    const std::vector<LeveledTerm>& terms = lists[l].terms;
    for (std::size_t i = 0; i < terms.size(); ++i) {
      kraft_[l] += std::int64_t{1} << terms[i].level;
      for (std::size_t j = i + 1; j < terms.size(); ++j) {
        add_pair(static_cast<int>(l), terms[i], terms[j]);
      }
    }
    if (kraft_[l] > room(lists[l])) {
      return false;
    }
  }
  for (std::size_t p = 0; p < patterns_.size(); ++p) {
    propose(static_cast<int>(p));
  }
  std::size_t next = 0;
  while (true) {
    while (!heap_.empty()) {
      std::pop_heap(heap_.begin(), heap_.end());
      const Candidate best = heap_.back();
      heap_.pop_back();
      const int now = score(patterns_[static_cast<std::size_t>(best.pattern)]);
      if (now == best.score) {
        apply(best.pattern);
      } else {
        propose(best.pattern);
      }
    }
    while (next < lists.size() && lists[next].terms.size() <= fewest_terms(lists[next])) {
      ++next;
    }
    if (next == lists.size() || !combine) {
      return true;
    }
    if (!combine_cheapest(static_cast<int>(next))) {
      if (lists[next].room == 0) {
        return false;
      }
      ++next;
    }
  }
}

int SubexpressionSharing::score(const Pattern& pattern) const {
  return (pattern.cost * (pattern.count - (pattern.value < 0 ? 1 : 0))) * pattern.spread;
}

void SubexpressionSharing::propose(int pattern) {
  const Pattern& p = patterns_[static_cast<std::size_t>(pattern)];
  if (p.count >= (p.value < 0 ? fewest_uses_ : 1)) {
    heap_.push_back({score(p), pattern});
    std::push_heap(heap_.begin(), heap_.end());
  }
}

int SubexpressionSharing::add_pair(int list, const LeveledTerm& a, const LeveledTerm& b) {
  const std::uint64_t key = network_.key_of_sum(a, b);
  int index = table_.find(key);
  if (index < 0) {
    index = static_cast<int>(patterns_.size());
    table_.insert(key, index);
    Pattern pattern;
    pattern.key = key;
    pattern.value = network_.find(key);
    pattern.cost = network_.estimate_cost(a.term, b.term);
    pattern.spread = 256 + static_cast<int>(noise_ * (LinearHash::random_word(key ^ seed_) >> 56) / 256);
    if (pattern.value >= 0) {
      pattern.level = network_.level(pattern.value, pivot_);
    }
    patterns_.push_back(pattern);
  }
  Pattern& pattern = patterns_[static_cast<std::size_t>(index)];
  ++pattern.count;
  const Place place{list, a.term.value, a.term.shift, pattern.places};
  const Place* const last = pattern.places < 0 ? nullptr : &places_[static_cast<std::size_t>(pattern.places)];
  if (last == nullptr || last->list != list || last->value != place.value || last->shift != place.shift) {
    places_.push_back(place);
    pattern.places = static_cast<int>(places_.size()) - 1;
  }
  return index;
}

SubexpressionSharing::Pattern& SubexpressionSharing::pattern_of(const LeveledTerm& a, const LeveledTerm& b) {
  return patterns_[static_cast<std::size_t>(table_.find(network_.key_of_sum(a, b)))];
}

bool SubexpressionSharing::fits(const TermList& list, const LeveledTerm& a, const LeveledTerm& b, int level) const {
  const auto l = static_cast<std::size_t>(&list - lists_->data());
  const std::int64_t kraft = kraft_[l] - (std::int64_t{1} << a.level) - (std::int64_t{1} << b.level);
  return level < list.level && kraft + (std::int64_t{1} << level) <= room(list);
}

LeveledTerm SubexpressionSharing::sum_of(Pattern& pattern, const LeveledTerm& a, const LeveledTerm& b) {
  if (pattern.value < 0) {
    pattern.level = 1 + std::max(a.level, b.level);
    const Term term = network_.draft(a.term, b.term);
    pattern.value = term.value;
    return network_.leveled(term, pattern.level);
  }
  return term_of_sum(network_, pattern.value, pattern.level, a.term, b.term);
}

/// Which terms to look at, list by list, in ascending order.
void SubexpressionSharing::find_firsts(const Pattern& pattern) {
  firsts_.clear();
  ranks_.resize(lists_->size(), -1);
  std::vector<int> seen;
  for (int p = pattern.places; p >= 0; p = places_[static_cast<std::size_t>(p)].next) {
    const Place& place = places_[static_cast<std::size_t>(p)];
    const TermList& list = (*lists_)[static_cast<std::size_t>(place.list)];
    if (list.terms.size() <= fewest_terms(list)) {
      continue;
    }
    int& rank = ranks_[static_cast<std::size_t>(place.list)];
    if (rank < 0) {
      rank = static_cast<int>(seen.size());
      seen.push_back(place.list);
    }
    for (std::size_t i = 0; i < list.terms.size(); ++i) {
      if (list.terms[i].term.value == place.value && list.terms[i].term.shift == place.shift) {
        firsts_.push_back({rank, place.list, static_cast<int>(i)});
        break;
      }
    }
  }
  for (const int list : seen) {
    ranks_[static_cast<std::size_t>(list)] = -1;
  }
  std::sort(firsts_.begin(), firsts_.end(),
            [](const First& x, const First& y) { return x.rank != y.rank ? x.rank < y.rank : x.index < y.index; });
}

bool SubexpressionSharing::apply(int index) {
  struct Use {
    int list;
    LeveledTerm a;
    LeveledTerm b;
  };
  const Pattern pattern = patterns_[static_cast<std::size_t>(index)];
  find_firsts(pattern);
  std::vector<Use> uses;
  std::vector<bool> taken;
  std::int64_t kraft = 0;
  int rank = -1;
  int level = pattern.level;
  for (const First& first : firsts_) {
    const TermList& list = (*lists_)[static_cast<std::size_t>(first.list)];
    if (first.rank != rank) {
      rank = first.rank;
      taken.assign(list.terms.size(), false);
      kraft = kraft_[static_cast<std::size_t>(first.list)];
    }
    const auto i = static_cast<std::size_t>(first.index);
    for (std::size_t j = i + 1; j < list.terms.size() && !taken[i]; ++j) {
      const LeveledTerm& a = list.terms[i];
      const LeveledTerm& b = list.terms[j];
      if (taken[j] || network_.key_of_sum(a, b) != pattern.key) {
        continue;
      }
      if (pattern.value < 0 && uses.empty()) {
        level = 1 + std::max(a.level, b.level);
      }
      const std::int64_t after =
          kraft - (std::int64_t{1} << a.level) - (std::int64_t{1} << b.level) + (std::int64_t{1} << level);
      if (level < list.level && after <= room(list)) {
        kraft = after;
        taken[i] = taken[j] = true;
        uses.push_back({first.list, a, b});
      }
    }
  }
  if (static_cast<int>(uses.size()) < (pattern.value < 0 ? fewest_uses_ : 1)) {
    // What does not fit now never will: levels do not fall.
    patterns_[static_cast<std::size_t>(index)].count = static_cast<int>(uses.size());
    return false;
  }
  for (const Use& use : uses) {
    // A sum just put in may have taken a term of this use with it.
    if (!contains(use.list, use.a) || !contains(use.list, use.b)) {
      continue;
    }
    replace(use.list, use.a, use.b, sum_of(patterns_[static_cast<std::size_t>(index)], use.a, use.b));
  }
  return true;
}

bool SubexpressionSharing::contains(int l, const LeveledTerm& term) const {
  const std::vector<LeveledTerm>& terms = (*lists_)[static_cast<std::size_t>(l)].terms;
  return std::any_of(terms.begin(), terms.end(), [&](const LeveledTerm& other) {
    return other.term.value == term.term.value && other.term.shift == term.term.shift;
  });
}

void SubexpressionSharing::take_out(int l, const LeveledTerm& term) {
  std::vector<LeveledTerm>& terms = (*lists_)[static_cast<std::size_t>(l)].terms;
  const auto found = std::find_if(terms.begin(), terms.end(), [&](const LeveledTerm& other) {
    return other.term.value == term.term.value && other.term.shift == term.term.shift;
  });
  terms.erase(found);
  for (const LeveledTerm& other : terms) {
    --pattern_of(term, other).count;
  }
  kraft_[static_cast<std::size_t>(l)] -= std::int64_t{1} << term.level;
}

void SubexpressionSharing::replace(int l, const LeveledTerm& a, const LeveledTerm& b, LeveledTerm sum) {
  take_out(l, a);
  take_out(l, b);
  std::vector<LeveledTerm>& terms = (*lists_)[static_cast<std::size_t>(l)].terms;
  for (std::size_t i = 0; i < terms.size();) {
    const LeveledTerm same = terms[i];
    if (same.term.value != sum.term.value || same.term.shift != sum.term.shift) {
      ++i;
      continue;
    }
    take_out(l, same);
    if (same.term.negative != sum.term.negative) {
      return;  // they cancel
    }
    sum = network_.leveled({sum.term.value, sum.term.shift + 1, sum.term.negative}, sum.level);  // twice the same
    i = 0;
  }
  kraft_[static_cast<std::size_t>(l)] += std::int64_t{1} << sum.level;
  for (const LeveledTerm& other : terms) {
    propose(add_pair(l, other, sum));
  }
  terms.push_back(sum);
}

bool SubexpressionSharing::combine_cheapest(int l) {
  TermList& list = (*lists_)[static_cast<std::size_t>(l)];
  std::size_t best_i = 0;
  std::size_t best_j = 0;
  int best_cost = -1;
  for (std::size_t i = 0; i < list.terms.size(); ++i) {
    for (std::size_t j = i + 1; j < list.terms.size(); ++j) {
      const LeveledTerm& a = list.terms[i];
      const LeveledTerm& b = list.terms[j];
      const Pattern& pattern = pattern_of(a, b);
      const int cost = pattern.cost * pattern.spread;
      if (pattern.value < 0 && (best_cost < 0 || cost < best_cost) &&
          fits(list, a, b, 1 + std::max(a.level, b.level))) {
        best_cost = cost;
        best_i = i;
        best_j = j;
      }
    }
  }
  if (best_cost < 0) {
    return false;
  }
  const LeveledTerm a = list.terms[best_i];
  const LeveledTerm b = list.terms[best_j];
  const LeveledTerm sum = sum_of(pattern_of(a, b), a, b);
  replace(l, a, b, sum);
  if (network_.ternary().allowed()) {
    combine_third(l, sum, std::max(a.level, b.level));
  }
  return true;
}

void SubexpressionSharing::combine_third(int l, const LeveledTerm& sum, int level) {
  TermList& list = (*lists_)[static_cast<std::size_t>(l)];
  if (list.terms.size() <= fewest_terms(list) || !contains(l, sum)) {
    return;
  }
  const int end = network_.ternary().behind(level);
  const int begin = network_.ternary().before(end);
  const LeveledTerm* best = nullptr;
  int best_cost = 0;
  for (const LeveledTerm& term : list.terms) {
    if (term.term.value == sum.term.value || term.level > begin) {
      continue;
    }
    const Pattern& pattern = pattern_of(term, sum);
    const int cost = pattern.cost * pattern.spread;
    if (pattern.value < 0 && (best == nullptr || cost < best_cost) && fits(list, term, sum, end)) {
      best = &term;
      best_cost = cost;
    }
  }
  if (best != nullptr) {
    const LeveledTerm third = *best;
    LeveledTerm all = sum_of(pattern_of(third, sum), third, sum);
    all.level = end;
    pattern_of(third, sum).level = end;
    replace(l, third, sum, all);
  }
}

}  // namespace rtlgen
