// A hash table from 64-bit keys to indices, for inner loops.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace rtlgen {

/// Open addressing with linear probing; erasing moves entries back, so there are no tombstones. Keys are hashes already
/// and are used as they are. Clearing costs nothing: entries carry the number of the round in which they were made.
class KeyTable {
 public:
  static constexpr int kAbsent = -1;

  KeyTable() : entries_(64) {}

  /// The index stored under `key`, or kAbsent.
  int find(std::uint64_t key) const {
    for (std::size_t at = key & mask();; at = (at + 1) & mask()) {
      if (entries_[at].round != round_) {
        return kAbsent;
      }
      if (entries_[at].key == key) {
        return entries_[at].index;
      }
    }
  }

  /// Stores `index` under a key that is not there yet.
  void insert(std::uint64_t key, int index) {
    if (2 * ++size_ > entries_.size()) {
      grow();
    }
    place(key, index);
  }

  /// Removes a key that is there.
  void erase(std::uint64_t key) {
    std::size_t hole = key & mask();
    while (entries_[hole].key != key) {
      hole = (hole + 1) & mask();
    }
    --size_;
    for (std::size_t at = (hole + 1) & mask(); entries_[at].round == round_; at = (at + 1) & mask()) {
      const std::size_t home = entries_[at].key & mask();
      if (((at - home) & mask()) >= ((at - hole) & mask())) {
        entries_[hole] = entries_[at];
        hole = at;
      }
    }
    entries_[hole].round = 0;
  }

  void clear() {
    ++round_;
    size_ = 0;
  }

 private:
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t round = 0;
    int index = kAbsent;
  };

  std::size_t mask() const { return entries_.size() - 1; }

  void place(std::uint64_t key, int index) {
    std::size_t at = key & mask();
    while (entries_[at].round == round_) {
      at = (at + 1) & mask();
    }
    entries_[at] = {key, round_, index};
  }

  void grow() {
    std::vector<Entry> old(entries_.size() * 2);
    std::swap(old, entries_);
    for (const Entry& entry : old) {
      if (entry.round == round_) {
        place(entry.key, entry.index);
      }
    }
  }

  std::vector<Entry> entries_;
  std::uint32_t round_ = 1;
  std::size_t size_ = 0;
};

}  // namespace rtlgen
