#include <gradus/core/parallel.h>

#include <gradus/core/check.h>
#include <gradus/core/thread_pool.h>

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

std::atomic<int> thread_count{0};
std::atomic<std::int64_t> loops_cut{0};
std::atomic<std::int64_t> chunks_made{0};

constexpr int max_threads = 256;
constexpr double chunk_nanoseconds = 5'000;  // handing a chunk to another thread costs about 1 microsecond

}  // namespace

int threads() {
  static const int hardware = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  static const int sensible = std::min(max_threads, 4 * hardware);
  static const int from_openmp = std::min(omp_get_max_threads(), sensible);
  const int set = thread_count.load(std::memory_order_relaxed);
  return set > 0 ? set : from_openmp;
}

void set_threads(int count) {
  check(count >= 1 && count <= max_threads, "[set_threads] expected 1 to {} threads, got {}", int{max_threads}, count);
  thread_count.store(count, std::memory_order_relaxed);
}

Index chunk_length(Index count, double nanoseconds) {
  const double chunks = std::floor(static_cast<double>(count) * nanoseconds / chunk_nanoseconds);
  const Index wanted =
      std::clamp<Index>(chunks > 1e9 ? ThreadPool::max_chunks : static_cast<Index>(chunks), 1, ThreadPool::max_chunks);
  return std::max<Index>(1, (count + wanted - 1) / wanted);
}

ParallelStatistics parallel_statistics() { return {loops_cut, chunks_made}; }

void parallel_for(Index count, double nanoseconds, RangeFunction body) {
  if (count <= 0) return;
  const Index length = chunk_length(count, nanoseconds);
  const Index chunks = (count + length - 1) / length;
  if (chunks == 1) {
    body(0, count);
    return;
  }
  loops_cut.fetch_add(1, std::memory_order_relaxed);
  chunks_made.fetch_add(chunks, std::memory_order_relaxed);
  static ThreadPool pool;
  pool.run(static_cast<int>(chunks), threads(),
           [&](Index chunk, Index) { body(chunk * length, std::min(count, (chunk + 1) * length)); });
}

}  // namespace gradus::inline GRADUS_PRECISION
