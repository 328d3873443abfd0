#pragma once

#include <gradus/core/real.h>

#include <cstdint>
#include <memory>

namespace gradus::inline GRADUS_PRECISION {

/// What the pool did since the program started.
struct PoolStatistics {
  std::int64_t requests = 0;     ///< storages handed out
  std::int64_t allocations = 0;  ///< of these, the ones that had to ask the system for memory
  std::int64_t bytes_held = 0;   ///< bytes taken from the system, in use or waiting for the next request
};

/// Storage for `size` elements, uninitialized and aligned to 64 bytes. It comes from a pool shared by all threads and
/// goes back there with its last owner, so a loop that asks for the same sizes again and again stops allocating.
std::shared_ptr<Real[]> allocate_storage(Index size);

PoolStatistics pool_statistics();

/// Gives the pool's idle memory back to the system.
void release_idle_memory();

}  // namespace gradus::inline GRADUS_PRECISION
