#include <gradus/data/loader.h>

#include <gradus/data/shuffle.h>

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
  if (options.shuffle || options.transform) seed_ = options.seed ? *options.seed : drawn_seed();
  std::iota(order_.begin(), order_.end(), Index{0});
}

Index DataLoader::batches() const {
  const Index rounding = options_.drop_last ? 0 : options_.batch_size - 1;
  return (data_.size() + rounding) / options_.batch_size;
}

DataLoader::Iterator DataLoader::begin() {
  prefetch_.finish();  // what an epoch left early had begun is of no interest, an exception neither
  ++epoch_;
  if (options_.shuffle) {
    Generator generator(seed_, epoch_);
    std::iota(order_.begin(), order_.end(), Index{0});  // an epoch's order must not depend on those before
    shuffle(order_, generator);
  }
  load(0);
  return Iterator(*this);
}

void DataLoader::load(Index position) {
  if (position == batches()) return;
  std::exception_ptr error;
  if (options_.prefetch && position > 0) {
    error = prefetch_.finish();
    std::swap(batch_, prefetch_.batch());
  } else {
    make(batch_, position);
  }
  if (options_.prefetch && position + 1 < batches()) {
    prefetch_.start([this, next = position + 1](Batch& batch) { make(batch, next); });
  }
  if (error) std::rethrow_exception(error);
}

void DataLoader::make(Batch& batch, Index position) const {
  const Index begin = position * options_.batch_size;
  const Index count = std::min(options_.batch_size, data_.size() - begin);
  data_.fill(batch, std::span(order_).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count)));
  if (!options_.transform) return;
  constexpr std::uint64_t transforms = std::uint64_t{1} << 62;  // apart from the streams of shuffles and of splits
  options_.transform(batch, {seed_, transforms | epoch_ << 32 | static_cast<std::uint64_t>(position)});
}

}  // namespace gradus::inline GRADUS_PRECISION
