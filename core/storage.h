#pragma once

#include <gradus/core/real.h>

#include <cstdint>
#include <memory>

namespace gradus::inline GRADUS_PRECISION {

/// Statistics of the pool since the program started.
struct PoolStatistics {
  std::int64_t requests = 0;     ///< storages handed out
  std::int64_t allocations = 0;  ///< requests that took memory from the system
  std::int64_t bytes_held = 0;   ///< memory taken from the system, in use or idle
};

/// Uninitialized storage for `size` elements, aligned to 64 bytes. It comes from a pool shared by all threads and
/// returns there with its last owner, so a loop that repeats the same sizes stops allocating.
std::shared_ptr<Real[]> allocate_storage(Index size);

PoolStatistics pool_statistics();

/// Returns the idle memory of the pool to the system.
void release_idle_memory();

}  // namespace gradus::inline GRADUS_PRECISION
