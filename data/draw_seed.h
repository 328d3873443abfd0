#pragma once  // internal

#include <gradus/core/random.h>

namespace gradus::inline GRADUS_PRECISION {

/// A seed from a split of the default generator of this thread.
inline std::uint64_t draw_seed() {
  const RandomKey key = default_generator().split();
  Generator generator(key.seed, key.stream);
  return std::uint64_t{generator.next()} << 32 | generator.next();
}

}  // namespace gradus::inline GRADUS_PRECISION
