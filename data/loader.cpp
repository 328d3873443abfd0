#include <gradus/data/loader.h>

#include <algorithm>
#include <numeric>
#include <span>

namespace gradus::inline GRADUS_PRECISION {

namespace {

std::uint64_t drawn_seed() {
  const RandomKey key = default_generator().split();
  Generator generator(key.seed, key.stream);
  return std::uint64_t{generator.next()} << 32 | generator.next();
}

}  // namespace

DataLoader::DataLoader(const Dataset& data, const LoaderOptions& options)
    : data_(data), options_(options), order_(static_cast<std::size_t>(data.size())) {
  check(
      options.batch_size >= 1 && options.batch_size <= data.size(),
      "[data_loader] expected a batch size from 1 to {} (the size of the data), got {}; set LoaderOptions::batch_size",
      data.size(), options.batch_size);
  // Not drawn without need, so that a loader for evaluation leaves the random numbers of training as they are.
  if (options.shuffle) seed_ = options.seed ? *options.seed : drawn_seed();
  std::iota(order_.begin(), order_.end(), Index{0});
}

Index DataLoader::batches() const {
  const Index rounding = options_.drop_last ? 0 : options_.batch_size - 1;
  return (data_.size() + rounding) / options_.batch_size;
}

DataLoader::Iterator DataLoader::begin() {
  ++epoch_;
  if (options_.shuffle) {
    Generator generator(seed_, epoch_);
    std::iota(order_.begin(), order_.end(), Index{0});  // an epoch's order must not depend on those before
    for (Index i = data_.size() - 1; i > 0; --i) {      // Fisher-Yates
      std::swap(order_[static_cast<std::size_t>(i)], order_[static_cast<std::size_t>(generator.below(i + 1))]);
    }
  }
  load(0);
  return Iterator(*this);
}

void DataLoader::load(Index position) {
  if (position == batches()) return;
  const Index begin = position * options_.batch_size;
  const Index count = std::min(options_.batch_size, data_.size() - begin);
  data_.fill(batch_, std::span(order_).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count)));
}

}  // namespace gradus::inline GRADUS_PRECISION
