#pragma once

#include <gradus/data/dataset.h>
#include <gradus/train/metrics.h>

namespace gradus::inline GRADUS_PRECISION {

/// What a batch counts in the mean loss of several: its samples, or the sum of their weights.
double total_weight(const Batch& batch);

/// Metrics of batches put together, as of one large batch: exact for a short last batch and for weighted samples.
class RunningMetrics {
 public:
  /// `classes` of the data, 0 for regression.
  explicit RunningMetrics(Index classes) : classes_(classes) {}

  /// `loss` is the mean over the batch. Weights count in the loss only (Keras: metrics, not weighted_metrics). Accuracy
  /// is NaN unless the outputs are (n, classes), or (n) or (n, 1) for two classes; the absolute error unless there are
  /// as many outputs as targets.
  void add(double loss, const Tensor& outputs, const Batch& batch);
  Metrics means() const;

 private:
  Index classes_;
  double weight_ = 0;
  double samples_ = 0;
  Metrics sums_;
};

}  // namespace gradus::inline GRADUS_PRECISION
