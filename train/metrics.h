#pragma once

#include <gradus/core/tensor.h>

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

}  // namespace gradus::inline GRADUS_PRECISION
