#pragma once

#include <gradus/train/callback.h>

namespace gradus::inline GRADUS_PRECISION {

/// Watches one number of the epochs, a loss or a metric, for values that are better.
class Monitor {
 public:
  /// An epoch is better if it beats the best by more than `min_delta`. Throws ValueError, which begins with [context],
  /// unless 0 <= min_delta < infinity.
  Monitor(std::string_view context, std::string name, double min_delta = 0);

  /// Forgets what it has seen. Throws ValueError if the state has no such number.
  void reset(const TrainingState& state);
  /// Whether the epoch is the best so far, and if so keeps it as the best. NaN never is.
  bool improved(const TrainingState& state);
  double best() const { return best_; }
  void visit_state(Archive& archive) { archive("best", best_); }

 private:
  std::string name_;
  double min_delta_;
  double best_ = 0;
};

}  // namespace gradus::inline GRADUS_PRECISION
