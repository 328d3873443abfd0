#pragma once

#include <gradus/autograd/profile/profile.h>
#include <gradus/train/callback.h>

#include <memory>

namespace gradus::inline GRADUS_PRECISION {

/// Measures where the time of training steps goes, operation by operation, and prints the table when training ends.
/// Validation and callbacks are not counted.
class ProfileTraining : public Callback {
 public:
  void on_train_begin(TrainingState& state) override;
  void on_step_end(TrainingState& state) override;
  void on_train_end(TrainingState& state) override;

 private:
  std::unique_ptr<Profile> profile_;  // while `fit` runs
};

}  // namespace gradus::inline GRADUS_PRECISION
