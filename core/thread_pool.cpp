#include <gradus/core/thread_pool.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <exception>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

namespace {

thread_local bool in_chunk = false;

void cpu_pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#else
  std::this_thread::yield();
#endif
}

constexpr std::uint64_t chunk_mask = 0xffffffff;
constexpr int ticket_shift = 32;

std::uint64_t first_chunks(int count) { return (std::uint64_t{1} << count) - 1; }

/// The chunk of the mask that a thread takes: the first of its own share, so that loops over the same data find it in
/// the caches of the same core; if its share is done, the last chunk of all, which its owner would reach last.
int choose(std::uint64_t mask, int chunks, int thread, int team) {
  const int begin = chunks * thread / team;
  const int end = chunks * (thread + 1) / team;
  const std::uint64_t own = mask & first_chunks(end) & ~first_chunks(begin);
  return own != 0 ? std::countr_zero(own) : static_cast<int>(std::bit_width(mask)) - 1;
}

}  // namespace

ThreadPool::~ThreadPool() {
  stop_ = true;
  ++signal_;
  signal_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void ThreadPool::run(int chunks, int team, const RangeFunction& body) {
  assert(chunks >= 1 && chunks <= max_chunks);
  bool serial = in_chunk || team == 1 || chunks == 1;
  if (!serial) serial = busy_.exchange(true);
  if (serial) {
    for (int chunk = 0; chunk < chunks; ++chunk) body(chunk, chunk + 1);
    return;
  }
  start_helpers(std::min(team, max_chunks) - 1);
  body_.store(&body, std::memory_order_relaxed);
  chunks_.store(chunks, std::memory_order_relaxed);
  team_.store(team, std::memory_order_relaxed);
  unfinished_.store(chunks, std::memory_order_relaxed);
  const std::uint64_t job = (ticket_.load(std::memory_order_relaxed) >> ticket_shift) + 1;
  ticket_.store(job << ticket_shift | first_chunks(chunks), std::memory_order_release);
  signal_.fetch_add(1, std::memory_order_release);
  signal_.notify_all();

  while (take_chunk(0)) {
  }
  for (int spins = 0; unfinished_.load(std::memory_order_acquire) != 0; ++spins) {
    if (spins < 1000) {
      cpu_pause();
    } else {
      std::this_thread::yield();
    }
  }
  const std::exception_ptr error = std::exchange(error_, nullptr);
  busy_.store(false, std::memory_order_release);
  if (error != nullptr) std::rethrow_exception(error);
}

/// Takes and runs a chunk; false if none is left for this thread. Thread 0 is the caller.
bool ThreadPool::take_chunk(int thread) {
  std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
  const RangeFunction* body = nullptr;
  int chunk = 0;
  do {
    const std::uint64_t left = ticket & chunk_mask;
    const int team = team_.load(std::memory_order_relaxed);
    if (left == 0 || thread >= team) return false;
    body = body_.load(std::memory_order_relaxed);
    chunk = choose(left, chunks_.load(std::memory_order_relaxed), thread, team);
  } while (!ticket_.compare_exchange_weak(ticket, ticket & ~(std::uint64_t{1} << chunk), std::memory_order_acq_rel,
                                          std::memory_order_acquire));
  in_chunk = true;
  try {
    (*body)(chunk, chunk + 1);
  } catch (...) {
    const std::scoped_lock lock(error_mutex_);
    if (error_ == nullptr || chunk < error_chunk_) {
      error_ = std::current_exception();
      error_chunk_ = chunk;
    }
  }
  in_chunk = false;
  unfinished_.fetch_sub(1, std::memory_order_release);
  return true;
}

void ThreadPool::help(int helper) {
  constexpr int spins_before_sleep = 3000;  // about 50 to 100 microseconds, the gaps within a training step
  while (!stop_) {
    const std::uint32_t seen = signal_.load(std::memory_order_acquire);
    for (int spins = 0; spins < spins_before_sleep; ++spins) {
      if (take_chunk(helper)) spins = 0;
      cpu_pause();
    }
    signal_.wait(seen, std::memory_order_acquire);
  }
}

void ThreadPool::start_helpers(int count) {
  while (more_helpers_ && static_cast<int>(helpers_.size()) < count) {
    try {
      helpers_.emplace_back([this, helper = static_cast<int>(helpers_.size()) + 1] { help(helper); });
    } catch (const std::exception&) {  // no more threads, or no memory for one: the others take the chunks
      more_helpers_ = false;
    }
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
