#include "support/compare.h"

#include <gradus/core/matmul.h>
#include <gradus/core/parallel.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <numeric>
#include <set>
#include <thread>
#include <vector>

using namespace gradus;

namespace {

/// Sets the number of threads; restores it on destruction.
class Team {
 public:
  explicit Team(int count) : before_(threads()) { set_threads(count); }
  ~Team() { set_threads(before_); }
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

 private:
  int before_;
};

using Chunk = std::pair<Index, Index>;

std::set<Chunk> chunks_of(Index count, double nanoseconds) {
  std::mutex mutex;
  std::set<Chunk> chunks;
  parallel_for(count, nanoseconds, [&](Index begin, Index end) {
    const std::scoped_lock lock(mutex);
    CHECK(chunks.emplace(begin, end).second);
  });
  return chunks;
}

constexpr double cheap = 0.1;
constexpr double expensive = 1e6;  // one item per chunk, up to the maximum number of chunks

}  // namespace

TEST_CASE("every index is visited once, for any number of threads") {
  for (const int team : {1, 2, 4}) {
    const Team of(team);
    for (const Index count : {0, 1, 2, 63, 64, 65, 1000, 100'000}) {
      for (const double cost : {cheap, 10.0, expensive}) {
        std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
        parallel_for(count, cost, [&](Index begin, Index end) {
          for (Index i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
        });
        CHECK(std::ranges::all_of(visits, [](const auto& n) { return n == 1; }));
      }
    }
  }
}

TEST_CASE("chunks depend on count and cost alone") {
  for (const Index count : {1, 100, 12'345, 1'000'000}) {
    for (const double cost : {cheap, 10.0, expensive}) {
      std::set<Chunk> alone;
      {
        const Team one(1);
        alone = chunks_of(count, cost);
      }
      const Index length = chunk_length(count, cost);
      for (const auto& [begin, end] : alone) CHECK((begin % length == 0 && (end - begin == length || end == count)));
      for (const int team : {2, 3, 4}) {
        const Team of(team);
        CHECK(chunks_of(count, cost) == alone);
      }
    }
  }
}

TEST_CASE("cheap loops have one chunk, expensive ones at most 32") {
  CHECK(chunk_length(1000, 1) == 1000);
  CHECK(chunk_length(1, expensive) == 1);
  CHECK(chunk_length(32, expensive) == 1);
  CHECK(chunk_length(3200, expensive) == 100);
  CHECK(chunk_length(3201, expensive) == 101);
  CHECK(chunk_length(0, expensive) == 1);
  CHECK(chunk_length(Index{1} << 40, 1e6) == Index{1} << 35);  // no overflow
}

TEST_CASE("sums have the same bits for any number of threads") {
  Generator random(1);
  const Tensor x = Tensor::normal({1'000'000}, 0, 1000, random);
  const auto sum = [&](int team) {
    const Team of(team);
    const Index length = chunk_length(x.size(), 1);
    std::vector<Real> partial(static_cast<std::size_t>((x.size() + length - 1) / length));
    parallel_for(x.size(), 1, [&](Index begin, Index end) {
      partial[static_cast<std::size_t>(begin / length)] = std::accumulate(x.data() + begin, x.data() + end, Real{0});
    });
    CHECK(partial.size() > 8);
    return std::accumulate(partial.begin(), partial.end(), Real{0});
  };
  const Real alone = sum(1);
  CHECK(sum(2) == alone);
  CHECK(sum(4) == alone);
}

TEST_CASE("nested loops run on the thread of the outer loop") {
  const Team of(4);
  std::atomic<int> visits{0};
  std::atomic<bool> other_thread{false};
  parallel_for(64, expensive, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const auto here = std::this_thread::get_id();
      parallel_for(10, expensive, [&](Index first, Index last) {
        visits += static_cast<int>(last - first);
        if (std::this_thread::get_id() != here) other_thread = true;
      });
    }
  });
  CHECK(visits == 640);
  CHECK_FALSE(other_thread);
}

TEST_CASE("an exception in a loop reaches the caller, the first chunk's for any number of threads") {
  for (const int count : {1, 2, 4}) {
    INFO(count, " threads");
    const Team of(count);
    const auto loop = [](Index wrong) {
      parallel_for(64, expensive, [=](Index, Index end) { check(end <= wrong, "[body] failed at {}", end); });
    };
    for (int round = 0; round < 50; ++round) {
      const Index length = chunk_length(64, expensive);
      CHECK_EQ(error_text<ValueError>([&] { loop(4 * length); }), fmt::format("[body] failed at {}", 5 * length));
      CHECK_EQ(error_text<ValueError>([&] { loop(64); }), "no error");
    }
    if (count == 1) continue;
    std::atomic<bool> other_thread{false};  // still parallel
    const auto here = std::this_thread::get_id();
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    parallel_for(64, expensive, [&](Index, Index) {
      if (std::this_thread::get_id() != here) other_thread = true;
      while (!other_thread && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    });
    CHECK(other_thread);
  }
}

TEST_CASE("loops in several threads at the same time") {
  const Team of(4);
  std::vector<std::thread> callers;
  std::atomic<Index> total{0};
  for (int t = 0; t < 4; ++t) {
    callers.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        std::atomic<Index> sum{0};
        parallel_for(100, 1000, [&](Index begin, Index end) {
          for (Index i = begin; i < end; ++i) sum += i;
        });
        total += sum;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(total == 4 * 200 * 4950);
}

TEST_CASE("the number of threads") {
  const int before = threads();
  CHECK(before >= 1);
  CHECK(before <= 4 * static_cast<int>(std::thread::hardware_concurrency()));  // whatever OMP_NUM_THREADS says
  set_threads(3);
  CHECK(threads() == 3);
  for (const int wrong : {0, -1, 257}) {
    CHECK_EQ(error_text<ValueError>([&] { set_threads(wrong); }),
             fmt::format("[set_threads] expected 1 to 256 threads, got {}", wrong));
  }
  CHECK(threads() == 3);
  set_threads(before);
}

TEST_CASE("a matrix product does not change the number of threads") {
  // Limiting OpenBLAS to one thread limits OpenMP in the whole program.
  const int before = threads();
  const Tensor a = Tensor::ones({64, 64});
  matrix_product("test", a, a);
  CHECK(threads() == before);
}
