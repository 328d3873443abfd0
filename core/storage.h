#pragma once

#include <gradus/core/shape.h>

#include <cstdint>
#include <functional>
#include <memory>

namespace gradus::inline GRADUS_PRECISION {

/// Statistics of the pool since the program started.
struct PoolStatistics {
  std::int64_t requests = 0;     ///< storages handed out
  std::int64_t allocations = 0;  ///< requests that took memory from the system
  std::int64_t bytes_held = 0;   ///< memory taken from the system, in use or idle
};

/// Uninitialized storage for the elements of a shape, aligned to 64 bytes. It comes from a pool shared by all threads
/// and returns there with its last owner, so a loop that repeats the same sizes stops allocating. Throws ShapeError for
/// more bytes than the machine has, than the system gives, or than a `StorageLimit` allows.
std::shared_ptr<Real[]> allocate_storage(const Shape& shape);

/// Limits in bytes for the storage of one thread.
struct StorageLimit {
  std::int64_t at_once;     ///< in use at the same time, beyond what was in use before
  std::int64_t in_all;      ///< of all requests
  const char* origin = "";  ///< what the limit follows from, for error texts
};

/// Calls `body` with a limit for this thread, for code that takes shapes from a file.
void with_storage_limit(StorageLimit limit, const std::function<void()>& body);

PoolStatistics pool_statistics();

/// Returns the idle memory of the pool to the system.
void release_idle_memory();

}  // namespace gradus::inline GRADUS_PRECISION
