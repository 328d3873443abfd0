#include <gradus/core/thread_pool.h>

#include "bench/allocations.h"

#include <doctest/doctest.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

using namespace gradus;

namespace {

using Clock = std::chrono::steady_clock;

/// Waits until the condition holds, with a timeout: the system may not run the other thread.
template <class Condition>
bool wait_for(Condition condition) {
  const Clock::time_point start = Clock::now();
  while (!condition()) {
    if (Clock::now() - start > std::chrono::seconds(20)) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

TEST_CASE("every chunk is run once, for any number of chunks and threads") {
  ThreadPool pool;
  for (int team = 1; team <= 4; ++team) {
    for (int chunks = 1; chunks <= ThreadPool::max_chunks; ++chunks) {
      for (int job = 0; job < 20; ++job) {
        std::vector<std::atomic<int>> visits(static_cast<std::size_t>(chunks));
        pool.run(chunks, team, [&](Index chunk, Index) { ++visits[static_cast<std::size_t>(chunk)]; });
        for (const auto& count : visits) REQUIRE(count == 1);
      }
    }
  }
}

TEST_CASE("a system that starts no more threads leaves the work to those there are") {
  pthread_attr_t before, huge;  // a stack that no system has
  pthread_getattr_default_np(&before);
  pthread_getattr_default_np(&huge);
  pthread_attr_setstacksize(&huge, std::size_t{1} << 46);
  pthread_setattr_default_np(&huge);
  ThreadPool pool;
  for (int job = 0; job < 3; ++job) {
    std::vector<std::atomic<int>> visits(8);
    pool.run(8, 4, [&](Index chunk, Index) { ++visits[static_cast<std::size_t>(chunk)]; });
    for (const auto& count : visits) CHECK(count == 1);
  }
  pthread_setattr_default_np(&before);
  pthread_attr_destroy(&huge);
  pthread_attr_destroy(&before);
}

TEST_CASE("where there is no memory for a thread, the work is left to those there are") {
  for (int allocations = 0; allocations < 20; ++allocations) {
    ThreadPool pool;
    std::array<std::atomic<int>, 8> visits{};
    const auto visit = [&](Index chunk, Index) { ++visits[static_cast<std::size_t>(chunk)]; };
    fail_allocation_after(allocations);
    pool.run(8, 4, visit);
    const bool failed = allocation_failed();
    CHECK(failed == (allocations < 6));  // of the three threads, and of the list of them, which grows each time
    pool.run(8, 4, visit);
    for (const auto& count : visits) CHECK(count == 2);
  }
}

TEST_CASE("a thread takes its own chunks first, then the last ones of the others") {
  ThreadPool pool;
  std::mutex mutex;
  std::vector<Index> caller_chunks, helper_chunks;
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<int> done = 0;
  pool.run(8, 2, [&](Index chunk, Index) {
    const bool is_caller = std::this_thread::get_id() == caller;
    {
      const std::scoped_lock lock(mutex);
      if (is_caller) {
        caller_chunks.push_back(chunk);
      } else {
        helper_chunks.push_back(chunk);
      }
    }
    if (is_caller) CHECK(wait_for([&] { return done == 7; }));  // so that the helper takes all other chunks
    ++done;
  });
  CHECK(caller_chunks == std::vector<Index>{0});
  CHECK(helper_chunks == std::vector<Index>{4, 5, 6, 7, 3, 2, 1});
}
