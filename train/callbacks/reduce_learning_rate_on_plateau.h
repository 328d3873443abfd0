#pragma once

#include <gradus/train/callbacks/monitor.h>

namespace gradus::inline GRADUS_PRECISION {

struct ReduceLearningRateOnPlateauOptions {
  std::string monitor = "validation_loss";  ///< a column of `History`
  double factor = 0.1;
  int patience = 10;             ///< epochs in a row without improvement before the rate falls; 0 is as 1
  double min_delta = 1e-4;       ///< an improvement is larger than this
  int cooldown = 0;              ///< epochs after a reduction that do not count
  double min_learning_rate = 0;  ///< the rate never falls below
};

/// Multiplies the learning rate by `factor` when a number no longer improves (Keras: ReduceLROnPlateau).
/// Throws ValueError for options out of range, and when `fit` begins if it has no such number.
class ReduceLearningRateOnPlateau : public Callback {
 public:
  explicit ReduceLearningRateOnPlateau(const ReduceLearningRateOnPlateauOptions& options = {});

  void on_train_begin(TrainingState& state) override;
  void on_epoch_end(TrainingState& state) override;
  void visit_state(Archive& archive) override {
    archive("monitor", monitor_).count("waited", waited_).count("cooling", cooling_);
  }

 private:
  ReduceLearningRateOnPlateauOptions options_;
  Monitor monitor_;
  int waited_ = 0;   // epochs
  int cooling_ = 0;  // epochs left
};

}  // namespace gradus::inline GRADUS_PRECISION
