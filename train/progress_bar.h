#pragma once

#include <gradus/train/callback.h>

#include <string>

namespace gradus::inline GRADUS_PRECISION {

/// "12 s", "3 min 05 s", "2 h 07 min"
std::string duration(double seconds);

/// Whether the last line on standard output can be written over.
bool is_terminal();

/// What is shown while an epoch runs: the label and the epoch, then what fits into less than so many columns of step,
/// loss, metrics and time left.
std::string progress_line(const TrainingState& state, const std::string& label, std::size_t columns);

/// Shows how far `fit` is, on standard output: on a terminal a line that is written over, and everywhere one line at
/// the end of an epoch, with loss and metrics of the validation data last (Keras: ProgbarLogger). Without a terminal,
/// or with TERM=dumb, there are no escape sequences.
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
