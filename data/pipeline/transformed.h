#pragma once

#include <gradus/data/batches.h>

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace gradus::inline GRADUS_PRECISION {

/// Batches of another source, each changed by a function such as an Augmentation:
///
///     Transformed(DataLoader(train, {.batch_size = 64, .shuffle = true}), Augmentation{{.rotation = 10}})
///
/// The function takes its random numbers from the key, which depends only on the seed, the number of the epoch and the
/// position of the batch in it. It must not change the shape of a sample. Calls do not overlap. Inside Prefetched they
/// run on another thread, with another default generator.
/// Several threads: one thread at a time.
class Transformed : public Batches {
 public:
  using Function = std::function<void(Batch& batch, RandomKey key)>;

  /// Takes over the source. Draws a seed from the default generator if none is given. Throws ValueError if there is no
  /// function.
  Transformed(std::unique_ptr<Batches> source, Function function, std::optional<std::uint64_t> seed = std::nullopt);
  template <std::derived_from<Batches> Source>
  Transformed(Source source, Function function, std::optional<std::uint64_t> seed = std::nullopt)
      : Transformed(std::unique_ptr<Batches>(std::make_unique<Source>(std::move(source))), std::move(function), seed) {}

  void begin_epoch() override;
  bool next(Batch& batch) override;
  void skip(Index count) override;
  void visit_state(Archive& archive) override;

  Index batches_per_epoch() const override { return source_->batches_per_epoch(); }
  Index last_batch_size() const override { return source_->last_batch_size(); }
  const Shape& sample_shape() const override { return source_->sample_shape(); }
  Index classes() const override { return source_->classes(); }

 private:
  std::unique_ptr<Batches> source_;
  Function function_;
  std::uint64_t seed_;
  std::uint64_t epoch_ = 0;
  std::uint64_t position_ = 0;  // of the next batch
};

}  // namespace gradus::inline GRADUS_PRECISION
