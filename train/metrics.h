#pragma once

#include <gradus/data/dataset.h>

namespace gradus::inline GRADUS_PRECISION {

/// Means over the samples of a data set.
struct Metrics {
  double loss = 0;
  double accuracy = 0;             ///< share of samples that `count_correct` counts; 0 for regression
  double mean_absolute_error = 0;  ///< over all elements; 0 for classes
};

/// The classes that the rows of logits or class scores (N, K) speak for: each that of its largest element, the first
/// of equal ones. A single logit, (N, 1), speaks for class 1 if it is above 0, otherwise for class 0.
Tensor predicted_classes(const Tensor& logits);

/// How many rows of `logits` (N, K), or (N, 1) for two classes, speak for their label (N).
Index count_correct(const Tensor& logits, const Tensor& labels);

/// mean(|predictions - targets|) as a number, of equal shapes.
double absolute_error(const Tensor& predictions, const Tensor& targets);

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
