#include <gradus/data/pipeline/transformed.h>

#include <gradus/core/storage.h>
#include <gradus/data/loader.h>

#include "data/numbered.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace gradus;

namespace {

/// 12 samples in batches of 4, with noise.
Transformed noisy(std::optional<std::uint64_t> seed = std::nullopt) {
  return Transformed(DataLoader(numbered(12), {.batch_size = 4}), add_noise, seed);
}

}  // namespace

TEST_CASE("transformed: the function changes every batch") {
  const auto add_1 = [](Batch& batch, RandomKey) {
    for (Real& x : batch.inputs.values()) x += 1;
  };
  Transformed batches(DataLoader(weighted(10), {.batch_size = 4}), add_1);
  CHECK_EQ(batches.batches_per_epoch(), 3);
  CHECK_EQ(batches.sample_shape(), Shape{2});
  CHECK_EQ(batches.classes(), 0);
  Index samples = 0;
  for (const Batch& batch : batches) {
    for (Index i = 0; i < batch.labels.size(); ++i, ++samples) {
      CHECK_EQ(batch.labels.at({i}), static_cast<Real>(samples));
      CHECK_EQ(batch.inputs.at({i, 1}), batch.labels.at({i}) + 1);
      CHECK_EQ(batch.weights.at({i}), batch.labels.at({i}) + 1);
    }
  }
  CHECK_EQ(samples, 10);
}

TEST_CASE("transformed: the noise depends on seed, epoch and position of the batch") {
  Transformed a = noisy(7);
  Transformed b = noisy(7);
  Transformed other = noisy(8);
  const auto first = all_batches(a, 1);
  const auto second = all_batches(a, 1);
  CHECK(same(all_batches(b, 1), first));
  CHECK_FALSE(same(all_batches(other, 1), first));
  CHECK_FALSE(same(second, first));
  b.begin();  // a stopped epoch
  CHECK_FALSE(same(all_batches(b, 1), second));
  const auto noise = [](const Batch& batch) { return batch.inputs.at({0, 0}) - batch.labels.at({0}); };
  CHECK(std::abs(noise(first[0]) - noise(first[1])) > 1e-3);
  CHECK(noise(first[0]) > 0);
}

TEST_CASE("transformed: the stream of the key is 2^62 + epoch 2^32 + position") {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> keys;
  Transformed batches(
      DataLoader(numbered(12), {.batch_size = 4}),
      [&](Batch&, RandomKey key) { keys.emplace_back(key.seed, key.stream); }, 7);
  for (int e = 0; e < 2; ++e) {
    for (const auto& batch : batches) CHECK_EQ(batch.labels.size(), 4);
  }
  std::vector<std::pair<std::uint64_t, std::uint64_t>> expected;
  for (const std::uint64_t epoch : {1U, 2U}) {
    for (const std::uint64_t position : {0U, 1U, 2U}) {
      expected.emplace_back(7, (std::uint64_t{1} << 62) + (epoch << 32) + position);
    }
  }
  CHECK(keys == expected);
}

TEST_CASE("transformed: without a seed, one is drawn from the default generator") {
  set_seed(5);
  Transformed a = noisy();
  Transformed b = noisy();
  set_seed(5);
  Transformed again = noisy();
  const auto first = all_batches(a, 1);
  CHECK(same(all_batches(again, 1), first));
  CHECK_FALSE(same(all_batches(b, 1), first));
}

TEST_CASE("transformed: nested functions are applied from the inside out, also in a range-based for") {
  const auto add = [](Batch& batch, RandomKey) {
    for (Real& x : batch.inputs.values()) x += 1;
  };
  const auto twice = [](Batch& batch, RandomKey) {
    for (Real& x : batch.inputs.values()) x *= 2;
  };
  for (const auto& [inputs, labels] :
       Transformed(Transformed(DataLoader(numbered(8), {.batch_size = 4}), add), twice)) {
    CHECK_EQ(inputs.at({0, 0}), 2 * (labels.at({0}) + 1));
  }
}

TEST_CASE("transformed: the step to a batch throws its exception, the next step continues") {
  const auto fail_at_4 = [](Batch& batch, RandomKey) { check(batch.labels.at({0}) != 4, "[test] 4"); };
  Transformed batches(DataLoader(numbered(12), {.batch_size = 4}), fail_at_4);
  for (int e = 0; e < 2; ++e) {
    auto position = batches.begin();
    CHECK_EQ(position->labels.at({0}), 0);
    CHECK_EQ(error_text<ValueError>([&] { ++position; }), "[test] 4");
    ++position;
    CHECK_EQ(position->labels.at({0}), 8);
    ++position;
    CHECK(position == batches.end());
  }
}

TEST_CASE("transformed: tensors are reused") {
  Transformed batches = noisy(1);
  std::set<const Real*> addresses;
  for (int e = 0; e < 2; ++e) {
    for (const auto& [inputs, labels] : batches) addresses.insert(inputs.data());
  }
  CHECK_EQ(addresses.size(), 1);
  const auto before = pool_statistics().requests;
  for (const auto& batch : batches) CHECK_EQ(batch.labels.size(), 4);
  CHECK_EQ(pool_statistics().requests, before);
}

TEST_CASE("transformed: no function") {
  CHECK_EQ(error_text<ValueError>([] { Transformed(DataLoader(numbered(8), {.batch_size = 4}), nullptr); }),
           "[transformed] expected a function of a batch and a key, got none");
}
