#pragma once

#include <gradus/autograd/profile/profile.h>
#include <gradus/train/callback.h>

#include <optional>

namespace gradus::inline GRADUS_PRECISION {

/// Measures where the time of training steps goes, operation by operation, and prints the table when training ends.
/// Validation and the callbacks after this one are not counted: put it last.
class ProfileTraining : public Callback {
 public:
  void on_train_begin(TrainingState& state) override;
  void on_batch_begin(TrainingState& state) override;
  void on_loss(TrainingState& state) override;
  void on_step_end(TrainingState& state) override;
  void on_epoch_end(TrainingState& state) override;
  void on_train_end(TrainingState& state) override;

 private:
  std::optional<Profile> profile_;  // while `fit` runs
};

}  // namespace gradus::inline GRADUS_PRECISION
