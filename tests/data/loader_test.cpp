#include <gradus/data/loader.h>

#include <gradus/core/parallel.h>
#include <gradus/core/storage.h>

#include "support/compare.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <map>
#include <set>
#include <thread>

using namespace gradus;

namespace {

/// Sample i has the inputs (i, i) and the target i.
Dataset numbered(Index count) {
  Tensor inputs = Tensor::empty({count, 2});
  Tensor targets = Tensor::empty({count});
  for (Index i = 0; i < count; ++i) {
    inputs.data()[2 * i] = inputs.data()[2 * i + 1] = targets.data()[i] = static_cast<Real>(i);
  }
  return {inputs, targets};
}

/// The targets of one epoch in the order they came; inputs must have come along.
std::vector<Real> epoch(DataLoader& loader) {
  std::vector<Real> order;
  for (const auto& [inputs, labels] : loader) {
    for (Index i = 0; i < labels.size(); ++i) {
      CHECK_EQ(inputs.at({i, 1}), labels.at({i}));
      order.push_back(labels.at({i}));
    }
  }
  return order;
}

std::vector<Real> ascending(Index count) {
  std::vector<Real> order;
  for (Index i = 0; i < count; ++i) order.push_back(static_cast<Real>(i));
  return order;
}

std::vector<Real> sorted(std::vector<Real> values) {
  std::ranges::sort(values);
  return values;
}

}  // namespace

TEST_CASE("loader: all samples in order, the last batch short") {
  std::vector<Index> sizes;
  std::vector<Real> order;
  for (const auto& [inputs, labels] : DataLoader(numbered(10), {.batch_size = 4})) {
    sizes.push_back(labels.size());
    CHECK_EQ(inputs.shape(), Shape{labels.size(), 2});
    order.insert(order.end(), labels.data(), labels.data() + labels.size());
  }
  CHECK_EQ(sizes, std::vector<Index>{4, 4, 2});
  CHECK_EQ(order, ascending(10));
  CHECK_EQ(DataLoader(numbered(10), {.batch_size = 4}).batches(), 3);
  CHECK_EQ(DataLoader(numbered(8), {.batch_size = 4}).batches(), 2);
  CHECK_EQ(DataLoader(numbered(8), {.batch_size = 4}).batch_size(), 4);
  CHECK_EQ(DataLoader(numbered(40)).batch_size(), 32);
}

TEST_CASE("loader: drop_last leaves out the short batch") {
  DataLoader loader(numbered(10), {.batch_size = 4, .drop_last = true});
  CHECK_EQ(loader.batches(), 2);
  CHECK_EQ(epoch(loader), ascending(8));
  DataLoader whole(numbered(8), {.batch_size = 4, .drop_last = true});
  CHECK_EQ(epoch(whole), ascending(8));
}

TEST_CASE("loader: a shuffled epoch holds every sample once, in an order of its own") {
  DataLoader loader(numbered(100), {.batch_size = 7, .shuffle = true, .seed = 3});
  const auto first = epoch(loader);
  const auto second = epoch(loader);
  CHECK_NE(first, ascending(100));
  CHECK_NE(first, second);
  CHECK_EQ(sorted(first), ascending(100));
  CHECK_EQ(sorted(second), ascending(100));
}

TEST_CASE("loader: the order depends on seed and epoch alone") {
  const LoaderOptions options{.batch_size = 7, .shuffle = true, .seed = 3};
  DataLoader a(numbered(100), options);
  DataLoader b(numbered(100), {.batch_size = 50, .shuffle = true, .seed = 3});
  DataLoader other(numbered(100), {.batch_size = 7, .shuffle = true, .seed = 4});
  const auto first = epoch(a);
  CHECK_EQ(epoch(b), first);
  CHECK_NE(epoch(other), first);
  for (const auto& batch : b) {  // an epoch left early
    CHECK_EQ(batch.labels.size(), 50);
    break;
  }
  epoch(a);
  CHECK_EQ(epoch(a), epoch(b));
}

TEST_CASE("loader: epoch e is one Fisher-Yates shuffle with stream e of the seed") {
  DataLoader loader(numbered(20), {.batch_size = 20, .shuffle = true, .seed = 9});
  for (std::uint64_t e = 1; e <= 3; ++e) {
    Generator generator(9, e);
    std::vector<Real> order = ascending(20);
    for (std::size_t i = 19; i > 0; --i) {
      std::swap(order[i], order[static_cast<std::size_t>(generator.below(static_cast<Index>(i) + 1))]);
    }
    CHECK_EQ(epoch(loader), order);
  }
}

TEST_CASE("loader: without a seed, the default generator gives one") {
  const LoaderOptions options{.batch_size = 10, .shuffle = true};
  set_seed(5);
  DataLoader a(numbered(50), options);
  DataLoader b(numbered(50), options);
  set_seed(5);
  DataLoader again(numbered(50), options);
  const auto order = epoch(a);
  CHECK_EQ(epoch(again), order);
  CHECK_NE(epoch(b), order);
  set_seed(6);
  DataLoader other(numbered(50), options);
  CHECK_NE(epoch(other), order);

  set_seed(5);
  const DataLoader in_order(numbered(50), {.batch_size = 10});  // must not draw
  const DataLoader seeded(numbered(50), {.batch_size = 10, .shuffle = true, .seed = 1});
  DataLoader once_more(numbered(50), options);
  CHECK_EQ(epoch(once_more), order);
}

TEST_CASE("loader: every order of four samples is equally frequent") {
  DataLoader loader(numbered(4), {.batch_size = 4, .shuffle = true, .seed = 11});
  std::map<std::vector<Real>, int> frequency;
  const int epochs = 24 * 400;
  for (int i = 0; i < epochs; ++i) {
    for (const auto& batch : loader) ++frequency[{batch.labels.data(), batch.labels.data() + 4}];
  }
  CHECK_EQ(frequency.size(), 24);
  double chi_square = 0;
  for (const auto& [order, count] : frequency) chi_square += (count - 400) * (count - 400) / 400.0;
  CHECK(chi_square < 49.7);  // 23 degrees of freedom, 0.1 %
}

TEST_CASE("loader: tensors are reused, unless somebody keeps them") {
  const Dataset data = numbered(12);
  DataLoader loader(data, {.batch_size = 4});
  std::set<const Real*> places;
  for (const auto& [inputs, labels] : loader) places.insert(inputs.data());
  for (const auto& [inputs, labels] : loader) places.insert(inputs.data());
  CHECK_EQ(places.size(), 1);

  std::vector<Batch> kept;
  for (const Batch& batch : loader) kept.push_back(batch);
  for (Index i = 0; i < 3; ++i) {
    const Batch& batch = kept[static_cast<std::size_t>(i)];
    CHECK_EQ(batch.labels.at({0}), static_cast<Real>(4 * i));
    CHECK_EQ(batch.inputs.at({3, 1}), static_cast<Real>(4 * i + 3));
  }
  CHECK_NE(kept[0].inputs.data(), kept[1].inputs.data());
  CHECK_NE(kept[0].labels.data(), kept[1].labels.data());

  epoch(loader);
  const auto before = pool_statistics().requests;
  for (const auto& batch : loader) CHECK_EQ(batch.labels.size(), 4);
  CHECK_EQ(pool_statistics().requests, before);
}

TEST_CASE("loader: a copy goes its own way") {
  DataLoader loader(numbered(8), {.batch_size = 4});
  auto position = loader.begin();
  DataLoader copy = loader;
  CHECK_EQ(epoch(copy), ascending(8));
  CHECK_EQ(position->labels.at({0}), 0);
}

TEST_CASE("loader: bad batch sizes") {
  for (const bool drop_last : {false, true}) {
    for (const Index size : {Index{0}, Index{-5}, Index{11}, std::numeric_limits<Index>::max()}) {
      const std::string text = fmt::format(
          "[data_loader] expected a batch size from 1 to 10 (the size of the data), got {}; set "
          "LoaderOptions::batch_size",
          size);
      CHECK_THROWS_WITH_AS(DataLoader(numbered(10), {.batch_size = size, .drop_last = drop_last}), text.c_str(),
                           ValueError);
    }
  }
  CHECK_NOTHROW(DataLoader(numbered(10), {.batch_size = 10, .drop_last = true}));
}

namespace {

/// Adds to every input a random number that belongs to its place in the batch.
void add_noise(Batch& batch, RandomKey key) {
  Generator generator(key.seed, key.stream);
  for (Real& x : batch.inputs.values()) x += static_cast<Real>(generator.uniform());
}

/// All batches of some epochs, kept.
std::vector<Batch> batches(DataLoader& loader, int epochs) {
  std::vector<Batch> all;
  for (int e = 0; e < epochs; ++e) {
    for (const Batch& batch : loader) all.push_back(batch);
  }
  return all;
}

bool same(const std::vector<Batch>& a, const std::vector<Batch>& b) {
  return std::ranges::equal(a, b, [](const Batch& x, const Batch& y) {
    return same_bits(x.inputs, y.inputs) && same_bits(x.labels, y.labels) &&
           x.weights.defined() == y.weights.defined() && (!x.weights.defined() || same_bits(x.weights, y.weights));
  });
}

Dataset weighted(Index count) {
  const Dataset data = numbered(count);
  Tensor weights = Tensor::empty({count});
  for (Index i = 0; i < count; ++i) weights.data()[i] = static_cast<Real>(i) + 1;
  return data.with_weights(weights);
}

}  // namespace

TEST_CASE("loader: weights come with their samples") {
  for (const bool prefetch : {false, true}) {
    DataLoader loader(weighted(10), {.batch_size = 4, .shuffle = true, .seed = 1, .prefetch = prefetch});
    for (const Batch& batch : loader) {
      CHECK_EQ(batch.weights.shape(), batch.labels.shape());
      for (Index i = 0; i < batch.labels.size(); ++i) CHECK_EQ(batch.weights.at({i}), batch.labels.at({i}) + 1);
    }
  }
}

TEST_CASE("loader: the key of a transform depends on seed, epoch and number of the batch") {
  const LoaderOptions options{.batch_size = 4, .seed = 7, .transform = add_noise};
  DataLoader a(numbered(12), options);
  DataLoader b(numbered(12), options);
  DataLoader other(numbered(12), {.batch_size = 4, .seed = 8, .transform = add_noise});
  const auto first = batches(a, 1);
  const auto second = batches(a, 1);
  CHECK(same(batches(b, 1), first));
  CHECK_FALSE(same(batches(other, 1), first));
  CHECK_FALSE(same(second, first));
  b.begin();  // an epoch left early
  CHECK_FALSE(same(batches(b, 1), second));
  const auto noise = [](const Batch& batch) { return batch.inputs.at({0, 0}) - batch.labels.at({0}); };
  CHECK(std::abs(noise(first[0]) - noise(first[1])) > 1e-3);
  CHECK(noise(first[0]) > 0);

  std::set<std::pair<std::uint64_t, std::uint64_t>> keys;
  DataLoader counting(numbered(12), {.batch_size = 4, .seed = 7, .transform = [&](Batch&, RandomKey key) {
                                       keys.emplace(key.seed, key.stream);
                                     }});
  for (int e = 0; e < 3; ++e) {
    for (const auto& batch : counting) CHECK_EQ(batch.labels.size(), 4);
  }
  CHECK_EQ(keys.size(), 9);
}

TEST_CASE("loader: a transform without a seed draws one from the default generator") {
  const LoaderOptions options{.batch_size = 4, .transform = add_noise};
  set_seed(5);
  DataLoader a(numbered(12), options);
  DataLoader b(numbered(12), options);
  set_seed(5);
  DataLoader again(numbered(12), options);
  const auto first = batches(a, 1);
  CHECK(same(batches(again, 1), first));
  CHECK_FALSE(same(batches(b, 1), first));
}

TEST_CASE("loader: prefetched batches are the same, to the bit") {
  for (const bool shuffle : {false, true}) {
    for (const bool drop_last : {false, true}) {
      for (const Index batch_size : {Index{1}, Index{7}, Index{25}, Index{50}}) {
        LoaderOptions options{
            .batch_size = batch_size, .shuffle = shuffle, .drop_last = drop_last, .seed = 3, .transform = add_noise};
        DataLoader plain(weighted(50), options);
        options.prefetch = true;
        DataLoader ahead(weighted(50), options);
        CHECK(same(batches(ahead, 3), batches(plain, 3)));
      }
    }
  }
}

TEST_CASE("loader: the next batch is made while the last one is in use") {
  std::atomic<int> made = 0;
  std::thread::id maker;
  DataLoader loader(numbered(12), {.batch_size = 4,
                                   .transform =
                                       [&](Batch&, RandomKey) {
                                         maker = std::this_thread::get_id();
                                         ++made;
                                       },
                                   .prefetch = true});
  auto position = loader.begin();
  while (made < 2) std::this_thread::yield();  // for ever, if it were made only when asked for
  CHECK_EQ(position->labels.at({0}), 0);
  ++position;
  CHECK_EQ(position->labels.at({0}), 4);
  while (made < 3) std::this_thread::yield();
  CHECK_NE(maker, std::this_thread::get_id());
  CHECK_EQ(position->labels.at({3}), 7);
}

TEST_CASE("loader: prefetching alternates between two sets of tensors, unless somebody keeps them") {
  DataLoader loader(numbered(16), {.batch_size = 4, .prefetch = true});
  std::set<const Real*> places;
  for (int e = 0; e < 3; ++e) {
    for (const auto& [inputs, labels] : loader) places.insert(inputs.data());
  }
  CHECK_EQ(places.size(), 2);
  const auto before = pool_statistics().requests;
  for (const auto& batch : loader) CHECK_EQ(batch.labels.size(), 4);
  CHECK_EQ(pool_statistics().requests, before);

  const std::vector<Batch> kept = batches(loader, 1);
  for (const auto& batch : loader) CHECK_EQ(batch.labels.size(), 4);
  for (Index i = 0; i < 4; ++i) {
    CHECK_EQ(kept[static_cast<std::size_t>(i)].labels.at({0}), static_cast<Real>(4 * i));
    CHECK_EQ(kept[static_cast<std::size_t>(i)].inputs.at({3, 1}), static_cast<Real>(4 * i + 3));
  }
}

TEST_CASE("loader: what a transform throws comes out of the step to its batch") {
  const auto fail_at_four = [](Batch& batch, RandomKey) { check(batch.labels.at({0}) != 4, "[test] four"); };
  for (const bool prefetch : {false, true}) {
    DataLoader loader(numbered(12), {.batch_size = 4, .transform = fail_at_four, .prefetch = prefetch});
    for (int e = 0; e < 2; ++e) {
      auto position = loader.begin();
      CHECK_EQ(position->labels.at({0}), 0);
      CHECK_EQ(error_text<ValueError>([&] { ++position; }), "[test] four");
      ++position;  // who goes on in spite of it gets the third batch
      CHECK_EQ(position->labels.at({0}), 8);
      ++position;
      CHECK(position == loader.end());
    }
    loader.begin();
    CHECK_NOTHROW(loader.begin());  // nobody asked for the second batch
  }
}

TEST_CASE("loader: epochs left early and loaders destroyed with a batch under way") {
  std::atomic<int> running = 0;
  std::atomic<bool> overlap = false;
  const auto slow = [&](Batch& batch, RandomKey key) {
    if (++running > 1) overlap = true;
    add_noise(batch, key);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    --running;
  };
  const LoaderOptions plain_options{.batch_size = 4, .shuffle = true, .seed = 2, .transform = slow};
  LoaderOptions options = plain_options;
  options.prefetch = true;
  DataLoader plain(numbered(12), plain_options);
  for (int e = 0; e < 5; ++e) plain.begin();
  const auto expected = batches(plain, 1);
  DataLoader loader(numbered(12), options);
  for (int e = 0; e < 5; ++e) loader.begin();
  CHECK(same(batches(loader, 1), expected));
  for (int i = 0; i < 20; ++i) {
    DataLoader abandoned(numbered(12), options);
    abandoned.begin();
  }
  CHECK_EQ(running, 0);
  CHECK_FALSE(overlap);
}

TEST_CASE("loader: a prefetching loader is copied and assigned with a batch under way") {
  const LoaderOptions options{.batch_size = 4, .shuffle = true, .seed = 2, .transform = add_noise, .prefetch = true};
  DataLoader loader(numbered(100), options);
  DataLoader twin(numbered(100), options);
  auto position = loader.begin();
  const Batch first = *position;
  DataLoader copy = loader;
  const auto second_epoch = batches(copy, 1);  // the copy has counted the first
  CHECK(same({first}, {*position}));
  ++position;
  batches(twin, 1);
  CHECK(same(batches(twin, 1), second_epoch));
  copy.begin();
  copy = DataLoader(numbered(100), options);
  CHECK_FALSE(same(batches(copy, 1), second_epoch));
  CHECK(same(batches(copy, 1), second_epoch));
}
