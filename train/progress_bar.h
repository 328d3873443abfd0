#pragma once

#include <gradus/train/callback.h>

#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// "12 s", "3 min 05 s", "2 h 07 min"
std::string duration(double seconds);

/// Shows how far `fit` is, on standard output: on a terminal a line that is written over
/// (epoch, step, time left, loss, and accuracy or mean absolute error), and everywhere one line at the end of an epoch,
/// with the same of the validation data last (Keras: ProgbarLogger).
class ProgressBar : public Callback {
 public:
  /// `label` starts every line.
  explicit ProgressBar(std::string label = {});

  void on_step_end(TrainingState& state) override;
  void on_epoch_end(TrainingState& state) override;

 private:
  std::string label_;
  bool terminal_;
  double shown_at_ = 0;  // seconds
};

}  // namespace gradus::inline GRADUS_PRECISION
