#include <gradus/data/loader.h>

#include <gradus/data/draw_seed.h>
#include <gradus/data/shuffle.h>

#include <algorithm>
#include <numeric>
#include <span>

namespace gradus::inline GRADUS_PRECISION {

DataLoader::DataLoader(const Dataset& data, const LoaderOptions& options)
    : data_(data), options_(options), order_(static_cast<std::size_t>(data.size())) {
  check(options.batch_size >= 1, "[data_loader] expected a batch size of at least 1, got {}", options.batch_size);
  check(options.batch_size <= data.size() || !options.drop_last,
        "[data_loader] expected a batch size of at most the {} samples for drop_last, got {}", data.size(),
        options.batch_size);
  options_.batch_size = std::min(options.batch_size, data.size());
  // A loader in order, as for evaluation, leaves the random numbers of training unchanged.
  if (options.shuffle) seed_ = options.seed ? *options.seed : draw_seed();
  std::iota(order_.begin(), order_.end(), Index{0});
  position_ = batches_per_epoch();
}

Index DataLoader::batches_per_epoch() const {
  const Index rounding = options_.drop_last ? 0 : options_.batch_size - 1;
  return (data_.size() + rounding) / options_.batch_size;
}

Index DataLoader::last_batch_size() const {
  return options_.drop_last ? options_.batch_size : (data_.size() - 1) % options_.batch_size + 1;
}

void DataLoader::begin_epoch() {
  ++epoch_;
  position_ = 0;
  if (!options_.shuffle) return;
  Generator generator(seed_, epoch_);
  std::iota(order_.begin(), order_.end(), Index{0});  // the order of an epoch must not depend on earlier ones
  shuffle(order_, generator);
}

void DataLoader::skip(Index count) { position_ = std::min(position_ + count, batches_per_epoch()); }

void DataLoader::visit_state(Archive& archive) {
  archive.same("samples", "data of as many samples", data_.size())
      .same("batch_size", "the batch size", batch_size())
      .same("shuffle", "the choice to shuffle", options_.shuffle)
      .same("drop_last", "the choice to drop the last batch", options_.drop_last);
  archive("seed", seed_)("epoch", epoch_);
  if (archive.restoring() && epoch_ > 0) --epoch_;  // begin_epoch starts it again
}

bool DataLoader::next(Batch& batch) {
  if (position_ == batches_per_epoch()) return false;
  const Index begin = position_++ * options_.batch_size;
  const Index count = std::min(options_.batch_size, data_.size() - begin);
  data_.fill(batch, std::span(order_).subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count)));
  return true;
}

}  // namespace gradus::inline GRADUS_PRECISION
