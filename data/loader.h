#pragma once

#include <gradus/data/batches.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace gradus::inline GRADUS_PRECISION {

struct LoaderOptions {
  Index batch_size = 32;  ///< more than the data has is all of it
  bool shuffle = false;
  bool drop_last = false;                            ///< skips an incomplete last batch
  std::optional<std::uint64_t> seed = std::nullopt;  ///< of the order; drawn from the default generator if not given
};

/// The batches of a dataset:
///
///     for (const auto& [inputs, labels] : DataLoader(train, {.batch_size = 64, .shuffle = true})) ...
///
/// An epoch contains every sample once, in the order of the dataset or shuffled. The shuffled order depends only on the
/// seed and the number of the epoch.
/// Several threads: one thread at a time. Loaders of the same dataset are independent.
class DataLoader : public Batches {
 public:
  /// Throws ValueError unless batch_size >= 1, and for drop_last of the only batch.
  explicit DataLoader(const Dataset& data, const LoaderOptions& options = {});

  void begin_epoch() override;
  bool next(Batch& batch) override;
  void skip(Index count) override;
  void visit_state(Archive& archive) override;

  Index batches_per_epoch() const override;
  Index last_batch_size() const override;
  const Shape& sample_shape() const override { return data_.sample_shape(); }
  Index classes() const override { return data_.classes(); }
  Index batch_size() const { return options_.batch_size; }
  const Dataset& data() const { return data_; }

 private:
  Dataset data_;
  LoaderOptions options_;
  std::uint64_t seed_ = 0;
  std::uint64_t epoch_ = 0;
  std::vector<Index> order_;
  Index position_;  // of the next batch
};

}  // namespace gradus::inline GRADUS_PRECISION
