#include <gradus/data/pipeline/prefetched.h>

#include <gradus/core/storage.h>
#include <gradus/data/loader.h>
#include <gradus/data/pipeline/transformed.h>

#include "bench/allocations.h"
#include "data/numbered.h"
#include "support/failing_threads.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>

using namespace gradus;

namespace {

/// 12 samples in batches of 4, changed by a function.
template <class Function>
Transformed changed(Function function) {
  return Transformed(DataLoader(numbered(12), {.batch_size = 4, .shuffle = false}), function, 2);
}

}  // namespace

TEST_CASE("prefetched: the same batches, to the bit") {
  for (const bool shuffle : {false, true}) {
    for (const bool drop_last : {false, true}) {
      for (const Index batch_size : {Index{1}, Index{7}, Index{25}, Index{50}}) {
        const auto plain = [&] {
          return Transformed(
              DataLoader(weighted(50),
                         {.batch_size = batch_size, .shuffle = shuffle, .drop_last = drop_last, .seed = 3}),
              add_noise, 3);
        };
        Transformed expected = plain();
        Prefetched batches(plain());
        CHECK_EQ(batches.batches_per_epoch(), expected.batches_per_epoch());
        CHECK_EQ(batches.sample_shape(), Shape{2});
        CHECK_EQ(batches.classes(), 0);
        CHECK(same(all_batches(batches, 3), all_batches(expected, 3)));
      }
    }
  }
}

TEST_CASE("prefetched: wrappers compose in any order, also in a range-based for") {
  const auto twice = [](Batch& batch, RandomKey) {
    for (Real& x : batch.inputs.values()) x *= 2;
  };
  Index samples = 0;
  for (const auto& [inputs, labels] : Transformed(Prefetched(DataLoader(numbered(12), {.batch_size = 4})), twice)) {
    for (Index i = 0; i < 4; ++i, ++samples) {
      CHECK_EQ(labels.at({i}), static_cast<Real>(samples));
      CHECK_EQ(inputs.at({i, 0}), 2 * labels.at({i}));
    }
  }
  for (const auto& [inputs, labels] : Prefetched(Prefetched(changed(twice)))) {
    CHECK_EQ(inputs.at({0, 0}), 2 * labels.at({0}));
    samples += 4;
  }
  CHECK_EQ(samples, 24);
}

TEST_CASE("prefetched: another thread makes the next batch while the previous one is in use") {
  std::atomic<int> made = 0;
  std::thread::id maker;
  Prefetched batches(changed([&](Batch&, RandomKey) {
    maker = std::this_thread::get_id();
    ++made;
  }));
  auto position = batches.begin();
  while (made < 2) std::this_thread::yield();  // never ends if the batch is only made when it is asked for
  CHECK_EQ(position->labels.at({0}), 0);
  ++position;
  CHECK_EQ(position->labels.at({0}), 4);
  while (made < 3) std::this_thread::yield();
  CHECK_NE(maker, std::this_thread::get_id());
  CHECK_EQ(position->labels.at({3}), 7);
}

TEST_CASE("prefetched: two sets of tensors are reused unless copies exist") {
  Prefetched batches(DataLoader(numbered(16), {.batch_size = 4}));
  std::set<const Real*> addresses;
  for (int e = 0; e < 3; ++e) {
    for (const auto& [inputs, labels] : batches) addresses.insert(inputs.data());
  }
  CHECK_EQ(addresses.size(), 2);
  const auto before = pool_statistics().requests;
  for (const auto& batch : batches) CHECK_EQ(batch.labels.size(), 4);
  CHECK_EQ(pool_statistics().requests, before);

  const std::vector<Batch> kept = all_batches(batches, 1);
  for (const auto& batch : batches) CHECK_EQ(batch.labels.size(), 4);
  for (Index i = 0; i < 4; ++i) {
    CHECK_EQ(kept[static_cast<std::size_t>(i)].labels.at({0}), static_cast<Real>(4 * i));
    CHECK_EQ(kept[static_cast<std::size_t>(i)].inputs.at({3, 1}), static_cast<Real>(4 * i + 3));
  }
}

#ifndef __SANITIZE_ADDRESS__  // the pool keeps no memory under the sanitizer
TEST_CASE("prefetched: an epoch allocates nothing in the steady state") {
  Prefetched batches(
      Transformed(DataLoader(weighted(64), {.batch_size = 4, .shuffle = true, .seed = 1}), add_noise, 1));
  std::int64_t before = 0;
  for (int e = 0; e < 4; ++e) {
    if (e == 2) before = heap_allocations();
    for (const auto& batch : batches) {
      if (batch.labels.size() != 4) FAIL("a batch of another size");
    }
  }
  CHECK_EQ(heap_allocations() - before, 0);
}
#endif

TEST_CASE("prefetched: the step to a batch throws its exception, the next step continues") {
  Prefetched batches(changed([](Batch& batch, RandomKey) { check(batch.labels.at({0}) != 4, "[test] 4"); }));
  for (int e = 0; e < 2; ++e) {
    auto position = batches.begin();
    CHECK_EQ(position->labels.at({0}), 0);
    CHECK_EQ(error_text<ValueError>([&] { ++position; }), "[test] 4");
    CHECK_EQ(position->labels.at({0}), 0);
    ++position;
    CHECK_EQ(position->labels.at({0}), 8);
    ++position;
    CHECK(position == batches.end());
  }
  batches.begin();
  CHECK_NOTHROW(batches.begin());  // the second batch was not asked for
}

TEST_CASE("prefetched: next returns false before the first epoch and at the end of each") {
  Prefetched batches(DataLoader(numbered(8), {.batch_size = 4}));
  Batch batch;
  CHECK_FALSE(batches.next(batch));
  for (int e = 0; e < 2; ++e) {
    batches.begin_epoch();
    CHECK(batches.next(batch));
    CHECK(batches.next(batch));
    CHECK_FALSE(batches.next(batch));
    CHECK_FALSE(batches.next(batch));
    CHECK_EQ(batch.labels.at({0}), 4);
  }
}

TEST_CASE("prefetched: stopped epochs, and objects destroyed while the thread makes a batch") {
  std::atomic<int> running = 0;
  std::atomic<bool> overlap = false;
  const auto slow = [&](Batch& batch, RandomKey key) {
    if (++running > 1) overlap = true;
    add_noise(batch, key);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --running;
  };
  Transformed plain = changed(slow);
  for (int e = 0; e < 5; ++e) plain.begin();
  const auto expected = all_batches(plain, 1);
  Prefetched batches(changed(slow));
  for (int e = 0; e < 5; ++e) batches.begin();
  CHECK(same(all_batches(batches, 1), expected));
  for (int i = 0; i < 20; ++i) {
    Prefetched abandoned(changed(slow));
    abandoned.begin();
  }
  CHECK_EQ(running, 0);
  try {
    for (const Batch& batch : Prefetched(changed(slow))) check(batch.labels.size() == 0, "[test] early");
  } catch (const ValueError&) {
  }
  CHECK_EQ(running, 0);
  CHECK_FALSE(overlap);
}

TEST_CASE("prefetched: moved while the thread makes a batch") {
  Transformed plain = changed(add_noise);
  const auto expected = all_batches(plain, 1);
  Prefetched source(changed(add_noise));
  source.begin_epoch();
  Prefetched moved = std::move(source);
  Batch batch;
  CHECK(moved.next(batch));
  CHECK(same({batch}, {expected[0]}));
  moved = Prefetched(changed(add_noise));
  CHECK(same(all_batches(moved, 1), expected));
}

TEST_CASE("prefetched: batches are made on the calling thread if no other can be started") {
  Transformed plain = changed(add_noise);
  const auto expected = all_batches(plain, 3);
  std::set<std::thread::id> makers;
  Prefetched batches(changed([&](Batch& batch, RandomKey key) {
    makers.insert(std::this_thread::get_id());
    add_noise(batch, key);
  }));
  thread_starts.first = 0;
  std::vector<Batch> all = all_batches(batches, 2);
  thread_starts.first = thread_starts.end.load();
  CHECK(makers == std::set{std::this_thread::get_id()});
  const std::vector<Batch> third = all_batches(batches, 1);  // the next epoch tries again
  all.insert(all.end(), third.begin(), third.end());
  CHECK(same(all, expected));
  CHECK_EQ(makers.size(), 2);
}
