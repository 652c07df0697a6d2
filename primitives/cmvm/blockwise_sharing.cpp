#include "primitives/cmvm/blockwise_sharing.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace rtlgen {
namespace {

/// Values are read at their earliest level.
constexpr int kEarliest = std::numeric_limits<int>::max();

std::size_t pairs_of(std::size_t terms) { return terms * (terms - 1) / 2; }

std::int64_t kraft_sum(const std::vector<LeveledTerm>& terms) {
  std::int64_t sum = 0;
  for (const LeveledTerm& term : terms) {
    sum += std::int64_t{1} << term.level;
  }
  return sum;
}

}  // namespace

bool BlockwiseSharing::needed(const std::vector<TermList>& lists, std::size_t pairs) {
  std::size_t all = 0;
  for (const TermList& list : lists) {
    all += pairs_of(list.terms.size());
  }
  return all > pairs;
}

/// The next leaves, as many as have few enough pairs of terms.
BlockwiseSharing::Block BlockwiseSharing::next_block(const std::vector<TermList>& lists) {
  std::vector<std::size_t> ends = taken_;
  Block block;
  for (bool first = true;; first = false) {
    int leaf = network_.leaves();
    for (std::size_t l = 0; l < lists.size(); ++l) {
      if (ends[l] < lists[l].terms.size()) {
        leaf = std::min(leaf, lists[l].terms[ends[l]].term.value);
      }
    }
    std::vector<std::size_t> next = ends;
    std::size_t pairs = 0;
    for (std::size_t l = 0; l < lists.size(); ++l) {
      while (next[l] < lists[l].terms.size() && lists[l].terms[next[l]].term.value == leaf) {
        ++next[l];
      }
      pairs += pairs_of(next[l] - taken_[l]);
    }
    if (leaf == network_.leaves() || (pairs > pairs_ && !first)) {
      break;
    }
    ends = std::move(next);
  }
  for (std::size_t l = 0; l < lists.size(); ++l) {
    if (ends[l] > taken_[l]) {
      const auto begin = lists[l].terms.begin();
      block.lists.push_back(l);
      block.parts.push_back(
          {lists[l].value,
           lists[l].level,
           {begin + static_cast<std::ptrdiff_t>(taken_[l]), begin + static_cast<std::ptrdiff_t>(ends[l])}});
    }
  }
  taken_ = std::move(ends);
  return block;
}

/// Brings neighbours together as long as they have few pairs; `force`: any two.
std::vector<BlockwiseSharing::Block> BlockwiseSharing::joined(std::vector<Block> blocks, bool force) const {
  std::vector<Block> result;
  std::size_t members = 0;
  for (Block& next : blocks) {
    if (!result.empty()) {
      Block both;
      const Block& last = result.back();
      std::size_t i = 0;
      std::size_t j = 0;
      std::size_t pairs = last.pairs + next.pairs;
      while (i < last.lists.size() && j < next.lists.size()) {
        if (last.lists[i] == next.lists[j]) {
          pairs += last.parts[i++].terms.size() * next.parts[j++].terms.size();
        } else {
          ++(last.lists[i] < next.lists[j] ? i : j);
        }
      }
      if (pairs <= pairs_ || (force && members == 1)) {
        both.pairs = pairs;
        for (i = j = 0; i < last.lists.size() || j < next.lists.size();) {
          const bool first = j == next.lists.size() || (i < last.lists.size() && last.lists[i] <= next.lists[j]);
          const bool second = i == last.lists.size() || (j < next.lists.size() && next.lists[j] <= last.lists[i]);
          both.lists.push_back(first ? last.lists[i] : next.lists[j]);
          both.parts.push_back(std::move(first ? result.back().parts[i] : next.parts[j]));
          if (first && second) {
            std::vector<LeveledTerm>& terms = both.parts.back().terms;
            terms.insert(terms.end(), next.parts[j].terms.begin(), next.parts[j].terms.end());
          }
          i += first ? 1 : 0;
          j += second ? 1 : 0;
        }
        result.back() = std::move(both);
        ++members;
        continue;
      }
    }
    result.push_back(std::move(next));
    members = 1;
  }
  return result;
}

/// Deals out the levels, shares, and adopts what was made. `filled_` is that of the terms before.
bool BlockwiseSharing::reduce(Block& block, bool combine, unsigned noise, std::mt19937_64& random) {
  for (std::size_t p = 0; p < block.parts.size(); ++p) {
    TermList& part = block.parts[p];
    const std::int64_t all = filled_[block.lists[p]];
    const std::int64_t own = kraft_sum(part.terms);
    const std::int64_t free = (std::int64_t{1} << part.level) - all;
    part.room = own == all ? 0 : own + free * own / all;
  }
  if (!sharing_.run(block.parts, kEarliest, noise, random, combine)) {
    network_.discard_drafts();
    return false;
  }
  made_.insert(made_.end(), network_.drafts().begin(), network_.drafts().end());
  network_.adopt_drafts();
  network_.update_levels();
  block.pairs = 0;
  for (TermList& part : block.parts) {
    part.terms.shrink_to_fit();
    block.pairs += pairs_of(part.terms.size());
  }
  return true;
}

std::vector<TermList> BlockwiseSharing::run(const std::vector<TermList>& lists, unsigned noise,
                                            std::mt19937_64& random) {
  made_.clear();
  taken_.assign(lists.size(), 0);
  filled_.assign(lists.size(), 0);
  for (std::size_t l = 0; l < lists.size(); ++l) {
    filled_[l] = kraft_sum(lists[l].terms);
  }
  std::vector<Block> blocks;
  bool reduced = true;
  for (Block block = next_block(lists); reduced && !block.parts.empty(); block = next_block(lists)) {
    blocks.push_back(std::move(block));
    reduced = reduce(blocks.back(), false, noise, random);
  }
  for (bool combined = false; reduced && !(combined && blocks.size() == 1);) {
    const std::size_t before = blocks.size();
    blocks = joined(std::move(blocks), combined);
    // Where no two blocks fit together, terms have to become fewer though nobody shares what they make.
    combined = blocks.size() == 1 || blocks.size() == before;
    filled_.assign(lists.size(), 0);
    for (const Block& block : blocks) {
      for (std::size_t p = 0; p < block.parts.size(); ++p) {
        filled_[block.lists[p]] += kraft_sum(block.parts[p].terms);
      }
    }
    for (std::size_t b = 0; reduced && b < blocks.size(); ++b) {
      reduced = reduce(blocks[b], combined, noise, random);
    }
  }
  if (!reduced) {
    network_.remove_unused(std::move(made_));
    network_.update_levels();
    return {};
  }
  return std::move(blocks[0].parts);
}

}  // namespace rtlgen
