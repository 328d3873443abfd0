#include <gradus/core/storage.h>
#include <gradus/core/tensor.h>

#include <doctest/doctest.h>

#include <cstdint>
#include <thread>
#include <vector>

using namespace gradus;

namespace {

/// Sizes around the borders of the size classes of the pool.
std::vector<Index> sizes() {
  std::vector<Index> result{0, 1};
  for (Index octave = 8; octave <= 1 << 20; octave *= 2) {
    for (const Index quarter : {4, 5, 6, 7}) {
      for (const Index by : {-1, 0, 1}) result.push_back(octave * quarter / 4 + by);
    }
  }
  return result;
}

void take_all() {
  std::vector<Tensor> tensors;
  for (const Index n : sizes()) {
    tensors.push_back(Tensor::empty({n}));
    tensors.back().fill(static_cast<Real>(n));
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {  // no two share memory
    const Index n = sizes()[i];
    if (n > 0)
      CHECK((tensors[i].data()[0] == static_cast<Real>(n) && tensors[i].data()[n - 1] == static_cast<Real>(n)));
    CHECK(reinterpret_cast<std::uintptr_t>(tensors[i].data()) % 64 == 0);
  }
}

}  // namespace

TEST_CASE("storage of every size is aligned and does not overlap") { take_all(); }

#ifdef __SANITIZE_ADDRESS__

TEST_CASE("under the address sanitizer the pool keeps nothing, so that every use after free is detected") {
  const std::int64_t before = pool_statistics().bytes_held;
  take_all();
  CHECK(pool_statistics().bytes_held == before);
}

#else

TEST_CASE("the second round of the same sizes does not allocate") {
  take_all();
  const PoolStatistics before = pool_statistics();
  take_all();
  const PoolStatistics after = pool_statistics();
  CHECK(after.allocations == before.allocations);
  CHECK(after.bytes_held == before.bytes_held);
  CHECK(after.requests - before.requests == static_cast<std::int64_t>(sizes().size()));
}

TEST_CASE("a block wastes at most a quarter, and 64 bytes for its header") {
  release_idle_memory();
  for (const Index n : {100, 1000, 12'345, 1'000'000}) {
    const std::int64_t before = pool_statistics().bytes_held;
    const Tensor x = Tensor::empty({n});
    const auto bytes = static_cast<double>(pool_statistics().bytes_held - before);
    const double wanted = static_cast<double>(n) * sizeof(Real);
    CHECK(bytes >= wanted + 64);
    CHECK(bytes <= 1.25 * (wanted + 64));
  }
}

TEST_CASE("release_idle_memory returns idle memory") {
  const std::int64_t before = pool_statistics().bytes_held;
  Tensor used = Tensor::full({1000}, 3);
  { const Tensor idle = Tensor::empty({5'000'000}); }
  CHECK(pool_statistics().bytes_held >= before + 20'000'000);
  release_idle_memory();
  CHECK(pool_statistics().bytes_held <= before + 8000);
  CHECK(used.at({999}) == 3);
}

#endif

TEST_CASE("tensors can be passed between threads") {
  Tensor passed;
  std::thread([&] { passed = Tensor::full({1000}, 7); }).join();
  CHECK(passed.at({999}) == 7);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 2000; ++i) {
        const Tensor x = Tensor::full({16 + i % 7 * 100}, static_cast<Real>(t));
        const auto values = x.values();
        if (values.front() != static_cast<Real>(t) || values.back() != static_cast<Real>(t))
          FAIL_CHECK("shared with another thread");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}
