#pragma once

#include <gradus/data/batches.h>

#include <concepts>
#include <memory>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

/// Batches of another source, each made by a second thread while the previous one is in use. They are the same batches,
/// to the bit:
///
///     Prefetched(Transformed(DataLoader(train, {.batch_size = 64}), Augmentation{}))
///
/// Useful for batches that are expensive to make; copying samples takes microseconds. The thread starts with the first
/// epoch, sleeps between batches and ends with this object. If it cannot be started, the calling thread makes the
/// batches.
/// Several threads: one thread at a time. The source is used by the second thread alone while an epoch runs.
class Prefetched : public Batches {
 public:
  /// Takes over the source.
  explicit Prefetched(std::unique_ptr<Batches> source);
  template <std::derived_from<Batches> Source>
  explicit Prefetched(Source source)
      : Prefetched(std::unique_ptr<Batches>(std::make_unique<Source>(std::move(source)))) {}
  Prefetched(Prefetched&&) noexcept;
  Prefetched& operator=(Prefetched&&) noexcept;
  ~Prefetched() override;

  void begin_epoch() override;
  bool next(Batch& batch) override;
  void skip(Index count) override;
  void visit_state(Archive& archive) override;

  Index batches_per_epoch() const override;
  Index last_batch_size() const override;
  const Shape& sample_shape() const override;
  Index classes() const override;

 private:
  class Worker;

  std::unique_ptr<Worker> worker_;
};

}  // namespace gradus::inline GRADUS_PRECISION
