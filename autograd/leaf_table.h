#pragma once  // internal

#include <gradus/core/real.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// The slots of the parameters that a tape has met, by their ids: a hash table with open addressing, which keeps its
/// memory when it is cleared. Ids count up, so their low bits hardly ever collide.
class LeafTable {
 public:
  static constexpr std::uint32_t none = 0xffffffff;

  /// The slot of a parameter, `none` at first. Valid until the next call.
  std::uint32_t& operator[](std::uint64_t id) {
    if (2 * size_ >= entries_.size()) grow();
    Entry& entry = find(id);
    if (entry.id == 0) {
      entry.id = id;
      ++size_;
    }
    return entry.slot;
  }

  void clear() {
    std::ranges::fill(entries_, Entry{});
    size_ = 0;
  }

 private:
  struct Entry {
    std::uint64_t id = 0;  // 0: free
    std::uint32_t slot = none;
  };

  Entry& find(std::uint64_t id) {
    const std::size_t mask = entries_.size() - 1;
    std::size_t at = id & mask;
    while (entries_[at].id != 0 && entries_[at].id != id) at = (at + 1) & mask;
    return entries_[at];
  }

  void grow() {
    std::vector<Entry> old(std::max<std::size_t>(64, 2 * entries_.size()));
    std::swap(old, entries_);
    for (const Entry& entry : old) {
      if (entry.id != 0) find(entry.id) = entry;
    }
  }

  std::vector<Entry> entries_;  // a power of two, at most half full
  std::size_t size_ = 0;
};

}  // namespace gradus::inline GRADUS_PRECISION
