#pragma once  // internal

#include <gradus/core/parallel.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Helper threads for the chunks of one loop at a time.
///
/// Each thread runs its own share of the chunks and then takes chunks of the others. The caller waits only for chunks
/// that have started, so a helper that the system has not scheduled costs nothing. OpenMP's join waits for all threads,
/// which made training 30 times slower while another process kept the cores busy.
class ThreadPool {
 public:
  ThreadPool() = default;
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  static constexpr int max_chunks = 32;

  /// Calls body(chunk, chunk + 1) for every chunk in [0, chunks), at most `max_chunks`, on at most `team` threads
  /// including the caller. Runs on the caller alone inside a chunk, and while another thread uses the pool. Throws what
  /// the body has thrown for the first chunk for which it did.
  void run(int chunks, int team, const RangeFunction& body);

 private:
  void help(int helper);
  bool take_chunk(int thread);
  void start_helpers(int count);

  // The fields of a job are stored before its ticket: the number of the job in the upper half, a bit for every chunk
  // not yet taken in the lower half. A thread that clears a bit has read the fields of the same job, because a job is
  // replaced only when all its chunks are done.
  std::atomic<std::uint64_t> ticket_{0};
  std::atomic<const RangeFunction*> body_{nullptr};
  std::atomic<int> chunks_{0};
  std::atomic<int> team_{1};
  std::atomic<int> unfinished_{0};
  std::atomic<bool> busy_{false};
  std::atomic<std::uint32_t> signal_{0};  // changes with every job; idle helpers wait for that
  std::atomic<bool> stop_{false};
  std::vector<std::thread> helpers_;
  bool more_helpers_ = true;  // until the system refuses one
  std::mutex error_mutex_;
  std::exception_ptr error_;
  int error_chunk_ = 0;
};

}  // namespace gradus::inline GRADUS_PRECISION
