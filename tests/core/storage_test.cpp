#include "support/compare.h"

#include <gradus/core/storage.h>
#include <gradus/core/tensor.h>

#include <doctest/doctest.h>
#include <sys/resource.h>

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

TEST_CASE("memory that the system does not give is an error, and the pool works on") {
  { const Tensor idle = Tensor::empty({30'000'000 / static_cast<Index>(sizeof(Real))}); }
  rlimit before{};
  getrlimit(RLIMIT_DATA, &before);
  rlimit nothing_left = before;
  nothing_left.rlim_cur = 1;
  setrlimit(RLIMIT_DATA, &nothing_left);
  const std::string text =
      error_text<ShapeError>([] { Tensor::empty({400'000'000 / static_cast<Index>(sizeof(Real))}); });
  setrlimit(RLIMIT_DATA, &before);
  CHECK(text.starts_with("[tensor] expected at most 0 bytes, as the system has no more memory, got shape ("));
  CHECK(text.ends_with(",) with 400,000,064 bytes"));
  CHECK(Tensor::ones({1000}).at({999}) == 1);
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

TEST_CASE("a tensor of any size is made or is an error that names its shape and bytes") {
  const auto text = [](Index size) { return error_text<ShapeError>([=] { Tensor::empty({size}); }); };
  for (int power = 38; power < 43; ++power) {
    const std::int64_t bytes = (std::int64_t{1} << power) * static_cast<std::int64_t>(sizeof(Real)) + 64;
    const std::string start = "[tensor] expected at most ", end = "with " + with_separators(bytes) + " bytes";
    CHECK(text(Index{1} << power).starts_with(start));
    CHECK(text(Index{1} << power).ends_with(end));
    CHECK(text(Index{1} << power)
              .find(", the memory of this machine, got shape (" + std::to_string(Index{1} << power) + ",) ") !=
          std::string::npos);
  }
  for (int power = 44; power < 63; ++power) {
    CHECK(text(Index{1} << power)
              .starts_with("[shape] expected at most 35184372088832 bytes of elements, got (" +
                           std::to_string(Index{1} << power) + ",) with "));
  }
}

TEST_CASE("a limit for the storage of a thread") {
  constexpr Index mebibyte = (1 << 20) / static_cast<Index>(sizeof(Real));
  const Tensor earlier = Tensor::ones({3 * mebibyte});
  with_storage_limit({.at_once = 4 << 20, .in_all = 9 << 20, .origin = "as a test says"}, [&] {
    const Tensor kept = Tensor::empty({2 * mebibyte});
    CHECK_EQ(error_text<ShapeError>([&] {
               Tensor::empty({mebibyte, 2});
             }),
             fmt::format("[tensor] expected at most 2,097,088 bytes, as a test says, got shape ({}, 2) with 2,097,216 "
                         "bytes",
                         mebibyte));
    for (int i = 0; i < 6; ++i) Tensor::empty({mebibyte});  // not at the same time
    CHECK(error_text<ShapeError>([&] { Tensor::empty({mebibyte}); }).starts_with("[tensor] expected at most 1,048,"));
    std::thread([&] { Tensor::empty({8 * mebibyte}); }).join();  // no limit for another thread
    with_storage_limit({.at_once = 1, .in_all = 1, .origin = ""},
                       [] { CHECK_THROWS_AS(Tensor::empty({1}), ShapeError); });
  });
  CHECK(Tensor::empty({8 * mebibyte}).defined());
  CHECK_THROWS_AS(with_storage_limit({}, [] { Tensor::empty({}); }), ShapeError);
  CHECK(Tensor::empty({8 * mebibyte}).defined());
}

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
