#pragma once

#include <gradus/data/dataset.h>
#include <gradus/data/prefetch.h>

#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct LoaderOptions {
  Index batch_size = 32;
  bool shuffle = false;
  bool drop_last = false;  ///< leaves out a last batch that is not full
  /// Of the shuffled order and of the transform; if none is given, one is drawn from this thread's default generator.
  std::optional<std::uint64_t> seed = std::nullopt;
  /// Changes every batch before it is handed out, such as an Augmentation. The random numbers it may use are named by
  /// the key, another one for every batch and epoch; in the loader's second thread, the default generator is another.
  /// Never called twice at a time.
  std::function<void(Batch& batch, RandomKey key)> transform = nullptr;
  /// Makes the next batch in a second thread while the last one is in use: the same batches, to the bit. It repays
  /// itself where a batch costs much to make; plain copies of samples are made within microseconds.
  bool prefetch = false;
};

/// Deals out a dataset in batches:
///
///     for (const auto& [inputs, labels] : DataLoader(train, {.batch_size = 64, .shuffle = true})) ...
///
/// Every `begin()` starts an epoch: all samples once, when shuffled in an order that depends on the seed and the number
/// of the epoch alone. The next batch overwrites the tensors of the last, unless they were kept: a copy of them stays
/// as it is. One epoch at a time: a second `begin()` ends the first. What the making of a batch throws comes out of the
/// step to this batch, prefetched or not.
class DataLoader {
 public:
  class Iterator {
   public:
    explicit Iterator(DataLoader& loader) : loader_(&loader) {}
    const Batch& operator*() const { return loader_->batch_; }
    const Batch* operator->() const { return &loader_->batch_; }
    Iterator& operator++() {
      loader_->load(++position_);
      return *this;
    }
    bool operator==(std::default_sentinel_t) const { return position_ == loader_->batches(); }

   private:
    DataLoader* loader_;
    Index position_ = 0;
  };

  /// Throws ValueError unless 1 <= batch_size <= data.size().
  explicit DataLoader(const Dataset& data, const LoaderOptions& options = {});
  DataLoader(const DataLoader&) = default;
  DataLoader& operator=(const DataLoader&) = default;
  ~DataLoader() { prefetch_.finish(); }  // the thread reads the other members

  Iterator begin();
  std::default_sentinel_t end() const { return {}; }

  /// Batches per epoch.
  Index batches() const;
  Index batch_size() const { return options_.batch_size; }
  const Dataset& data() const { return data_; }

 private:
  void load(Index position);
  void make(Batch& batch, Index position) const;

  Prefetch prefetch_;  // the first, so that assignment ends the work of the thread before it changes the others
  Dataset data_;
  LoaderOptions options_;
  std::uint64_t seed_ = 0;
  std::uint64_t epoch_ = 0;
  std::vector<Index> order_;
  Batch batch_;
};

}  // namespace gradus::inline GRADUS_PRECISION
