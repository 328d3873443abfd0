#pragma once

#include <gradus/train/callback.h>

#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// Shows how far `fit` is, on standard output: on a terminal a line that is written over
/// (epoch, step, time left, loss, accuracy), and everywhere one line at the end of an epoch, with the loss and the
/// accuracy on validation data last.
class ProgressLine : public Callback {
 public:
  /// `label` starts every line.
  explicit ProgressLine(std::string label = {});

  void on_step_end(TrainingState& state) override;
  void on_epoch_end(TrainingState& state) override;

 private:
  std::string label_;
  bool terminal_;
  double shown_at_ = 0;  // seconds
};

}  // namespace gradus::inline GRADUS_PRECISION
