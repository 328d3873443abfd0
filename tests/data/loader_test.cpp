#include <gradus/data/loader.h>

#include <gradus/core/storage.h>

#include "numbered.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

using namespace gradus;

namespace {

/// The targets of one epoch, in order. Checks that the inputs belong to them.
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

TEST_CASE("loader: all samples in order, with an incomplete last batch") {
  std::vector<Index> sizes;
  std::vector<Real> order;
  for (const auto& [inputs, labels] : DataLoader(numbered(10), {.batch_size = 4})) {
    sizes.push_back(labels.size());
    CHECK_EQ(inputs.shape(), Shape{labels.size(), 2});
    order.insert(order.end(), labels.data(), labels.data() + labels.size());
  }
  CHECK_EQ(sizes, std::vector<Index>{4, 4, 2});
  CHECK_EQ(order, ascending(10));
  CHECK_EQ(DataLoader(numbered(10), {.batch_size = 4}).batches_per_epoch(), 3);
  CHECK_EQ(DataLoader(numbered(8), {.batch_size = 4}).batches_per_epoch(), 2);
  CHECK_EQ(DataLoader(numbered(8), {.batch_size = 4}).batch_size(), 4);
  CHECK_EQ(DataLoader(numbered(40)).batch_size(), 32);
}

TEST_CASE("loader: drop_last skips an incomplete last batch") {
  DataLoader loader(numbered(10), {.batch_size = 4, .drop_last = true});
  CHECK_EQ(loader.batches_per_epoch(), 2);
  CHECK_EQ(epoch(loader), ascending(8));
  DataLoader whole(numbered(8), {.batch_size = 4, .drop_last = true});
  CHECK_EQ(epoch(whole), ascending(8));
}

TEST_CASE("loader: a shuffled epoch has every sample once, in a different order each time") {
  DataLoader loader(numbered(100), {.batch_size = 7, .shuffle = true, .seed = 3});
  const auto first = epoch(loader);
  const auto second = epoch(loader);
  CHECK_NE(first, ascending(100));
  CHECK_NE(first, second);
  CHECK_EQ(sorted(first), ascending(100));
  CHECK_EQ(sorted(second), ascending(100));
}

TEST_CASE("loader: the order depends only on seed and epoch") {
  const LoaderOptions options{.batch_size = 7, .shuffle = true, .seed = 3};
  DataLoader a(numbered(100), options);
  DataLoader b(numbered(100), {.batch_size = 50, .shuffle = true, .seed = 3});
  DataLoader other(numbered(100), {.batch_size = 7, .shuffle = true, .seed = 4});
  const auto first = epoch(a);
  CHECK_EQ(epoch(b), first);
  CHECK_NE(epoch(other), first);
  for (const auto& batch : b) {  // a stopped epoch
    CHECK_EQ(batch.labels.size(), 50);
    break;
  }
  epoch(a);
  CHECK_EQ(epoch(a), epoch(b));
}

TEST_CASE("loader: the order of epoch e is a Fisher-Yates shuffle with stream e of the seed") {
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

TEST_CASE("loader: without a seed, one is drawn from the default generator") {
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
  const DataLoader in_order(numbered(50), {.batch_size = 10});  // draw nothing
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

TEST_CASE("loader: tensors are reused unless copies exist") {
  const Dataset data = numbered(12);
  DataLoader loader(data, {.batch_size = 4});
  std::set<const Real*> addresses;
  for (const auto& [inputs, labels] : loader) addresses.insert(inputs.data());
  for (const auto& [inputs, labels] : loader) addresses.insert(inputs.data());
  CHECK_EQ(addresses.size(), 1);

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

TEST_CASE("loader: copies are independent") {
  DataLoader loader(numbered(8), {.batch_size = 4});
  auto position = loader.begin();
  DataLoader copy = loader;
  CHECK_EQ(epoch(copy), ascending(8));
  CHECK_EQ(position->labels.at({0}), 0);
}

TEST_CASE("loader: batch sizes beyond the data, and bad ones") {
  const Index max = std::numeric_limits<Index>::max();
  for (const bool drop_last : {false, true}) {
    for (const Index size : {Index{0}, Index{-5}}) {
      CHECK_THROWS_WITH_AS(DataLoader(numbered(10), {.batch_size = size, .drop_last = drop_last}),
                           fmt::format("[data_loader] expected a batch size of at least 1, got {}", size).c_str(),
                           ValueError);
    }
  }
  for (const Index size : {Index{11}, max}) {
    DataLoader loader(numbered(10), {.batch_size = size});
    CHECK_EQ(loader.batches_per_epoch(), 1);
    CHECK_EQ(loader.batch_size(), 10);
    CHECK_EQ(epoch(loader), ascending(10));
    CHECK_THROWS_WITH_AS(
        DataLoader(numbered(10), {.batch_size = size, .drop_last = true}),
        fmt::format("[data_loader] expected a batch size of at most the 10 samples for drop_last, got {}", size)
            .c_str(),
        ValueError);
  }
  CHECK_NOTHROW(DataLoader(numbered(10), {.batch_size = 10, .drop_last = true}));
}

TEST_CASE("loader: the size of the last batch") {
  const auto last = [](Index size, bool drop_last = false) {
    return DataLoader(numbered(10), {.batch_size = size, .drop_last = drop_last}).last_batch_size();
  };
  CHECK_EQ(last(1), 1);
  CHECK_EQ(last(3), 1);
  CHECK_EQ(last(3, true), 3);
  CHECK_EQ(last(4), 2);
  CHECK_EQ(last(5), 5);
  CHECK_EQ(last(10), 10);
  CHECK_EQ(last(99), 10);
}

TEST_CASE("loader: sample shape and classes are those of the data") {
  const DataLoader loader(numbered(10), {.batch_size = 4});
  CHECK_EQ(loader.sample_shape(), Shape{2});
  CHECK_EQ(loader.classes(), 0);
  CHECK_EQ(DataLoader(Dataset(Tensor::zeros({4, 2}), Tensor::zeros({4}), 3), {.batch_size = 1}).classes(), 3);
}

TEST_CASE("loader: weights come with their samples") {
  DataLoader loader(weighted(10), {.batch_size = 4, .shuffle = true, .seed = 1});
  for (const Batch& batch : loader) {
    CHECK_EQ(batch.weights.shape(), batch.labels.shape());
    for (Index i = 0; i < batch.labels.size(); ++i) CHECK_EQ(batch.weights.at({i}), batch.labels.at({i}) + 1);
  }
}

TEST_CASE("loader: next returns false before the first epoch and at the end of each") {
  DataLoader loader(numbered(8), {.batch_size = 4});
  Batch batch;
  CHECK_FALSE(loader.next(batch));
  CHECK_FALSE(batch.inputs.defined());
  for (int e = 0; e < 2; ++e) {
    loader.begin_epoch();
    CHECK(loader.next(batch));
    CHECK(loader.next(batch));
    CHECK_EQ(batch.labels.at({0}), 4);
    CHECK_FALSE(loader.next(batch));
    CHECK_FALSE(loader.next(batch));
    CHECK_EQ(batch.labels.at({0}), 4);
  }
}
