#pragma once  // internal

#include <gradus/core/parallel.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Threads that help with the chunks of one loop at a time.
///
/// Every thread begins with its own share of the chunks and then takes from the others, and the caller waits only for
/// chunks that somebody has begun. So a helper that the system has not scheduled costs nothing; OpenMP's join waits for
/// all of its threads, which made training 30 times slower while another process kept the cores busy.
class ThreadPool {
 public:
  ThreadPool() = default;
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  static constexpr int max_chunks = 32;

  /// Calls body(chunk, chunk + 1) for every chunk in [0, chunks), at most `max_chunks`, on at most `team` threads, the
  /// caller's included. Runs on the caller's alone from within a chunk, and while another thread uses the pool.
  void run(int chunks, int team, const RangeFunction& body);

 private:
  void help(int helper);
  bool take_chunk(int thread);
  void start_helpers(int count);

  // A job is its fields, then its ticket: the number of the job in the upper half, a bit for every chunk still to be
  // taken in the lower. Whoever clears a bit has thereby read the fields of the same job, because a job is only
  // replaced when its chunks are all done.
  std::atomic<std::uint64_t> ticket_{0};
  std::atomic<const RangeFunction*> body_{nullptr};
  std::atomic<int> chunks_{0};
  std::atomic<int> team_{1};
  std::atomic<int> unfinished_{0};
  std::atomic<bool> busy_{false};
  std::atomic<std::uint32_t> signal_{0};  // changes with every job; idle helpers sleep on it
  std::atomic<bool> stop_{false};
  std::vector<std::thread> helpers_;
};

}  // namespace gradus::inline GRADUS_PRECISION
