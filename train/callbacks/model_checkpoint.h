#pragma once

#include <gradus/train/callbacks/monitor.h>

namespace gradus::inline GRADUS_PRECISION {

struct ModelCheckpointOptions {
  std::string monitor = "validation_loss";  ///< a column of `History`, for `save_best_only`
  bool save_best_only = false;              ///< only after an epoch that is the best so far
};

/// Saves the model after every epoch (Keras: ModelCheckpoint). In the path, {epoch} stands for the number of the epoch,
/// {epoch:03} for the same with three digits; without it the next file takes the place of the last.
/// Makes the folder where there is none. Throws ValueError for another {...}, and FileError, when `fit` begins, if the
/// file cannot be written; what `save_model` throws passes.
class ModelCheckpoint : public Callback {
 public:
  explicit ModelCheckpoint(std::string path, const ModelCheckpointOptions& options = {});

  void on_train_begin(TrainingState& state) override;
  void on_epoch_end(TrainingState& state) override;
  void visit_state(Archive& archive) override { archive("monitor", monitor_); }

 private:
  std::string path_;
  ModelCheckpointOptions options_;
  Monitor monitor_;
};

}  // namespace gradus::inline GRADUS_PRECISION
