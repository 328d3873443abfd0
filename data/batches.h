#pragma once

#include <gradus/core/archive.h>
#include <gradus/data/dataset.h>

#include <iterator>

namespace gradus::inline GRADUS_PRECISION {

/// A source of batches, epoch by epoch: a DataLoader, or a wrapper around another source. To be iterated over:
///
///     for (const auto& [inputs, labels] : batches) ...
///
/// Each loop is one epoch. The next batch overwrites the tensors of the last one, unless a copy of them exists. An
/// exception from making a batch is thrown by the step to this batch.
/// Several threads: one thread at a time.
class Batches {
 public:
  class Iterator {
   public:
    explicit Iterator(Batches& batches) : batches_(&batches) { ++*this; }
    const Batch& operator*() const { return batches_->batch_; }
    const Batch* operator->() const { return &batches_->batch_; }
    Iterator& operator++() {
      more_ = batches_->next(batches_->batch_);
      return *this;
    }
    bool operator==(std::default_sentinel_t) const { return !more_; }

   private:
    Batches* batches_;
    bool more_ = true;
  };

  virtual ~Batches() = default;

  /// Starts the next epoch. Ends the current one, if any.
  virtual void begin_epoch() = 0;
  /// Writes the next batch to `batch`, into its tensors where they have the right shape and no other owner. Returns
  /// false, and leaves `batch` as it is, at the end of the epoch and before the first.
  virtual bool next(Batch& batch) = 0;

  /// Leaves out the next batches of the epoch.
  virtual void skip(Index count) {
    while (count-- > 0 && next(batch_)) {
    }
  }
  /// What the epochs depend on, as it was before the present one began. Throws StateError unless overridden.
  virtual void visit_state(Archive& /*archive*/) {
    throw StateError(
        "[checkpoint] expected batches whose state can be saved, got ones without visit_state; override it");
  }

  virtual Index batches_per_epoch() const = 0;
  /// Samples of the last batch of an epoch, 0 if it is not known.
  virtual Index last_batch_size() const { return 0; }
  /// Shape of one sample.
  virtual const Shape& sample_shape() const = 0;
  /// Number of classes, 0 for regression.
  virtual Index classes() const = 0;

  Iterator begin() {
    begin_epoch();
    return Iterator(*this);
  }
  std::default_sentinel_t end() const { return {}; }

 protected:
  Batches() = default;
  Batches(const Batches&) = default;
  Batches& operator=(const Batches&) = default;

 private:
  Batch batch_;  // of the iterator
};

}  // namespace gradus::inline GRADUS_PRECISION
