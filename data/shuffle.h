#pragma once  // internal

#include <gradus/core/random.h>

#include <span>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

/// Shuffles the elements; all orders are equally likely (Fisher-Yates).
inline void shuffle(std::span<Index> order, Generator& generator) {
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<std::size_t>(generator.below(static_cast<Index>(i)))]);
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
