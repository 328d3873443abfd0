#pragma once

#include <gradus/core/tensor.h>

#include <string_view>

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

/// The label of a row as a class index. Throws ValueError, naming the place, unless it is one of 0 ... classes-1.
Index class_index(std::string_view place, const Tensor& labels, Index row, Index classes);

/// How many rows of `logits` (N, K), or (N, 1) for two classes, speak for their label (N).
Index count_correct(const Tensor& logits, const Tensor& labels);

/// Share of the rows of `logits` (N, K) in which the label (N) is among the k largest elements; of equal elements the
/// first counts as larger. Throws ValueError unless 1 <= k <= K, and for labels out of range.
double top_k_accuracy(const Tensor& logits, const Tensor& labels, Index k);

/// mean(|predictions - targets|) as a number, of equal shapes.
double absolute_error(const Tensor& predictions, const Tensor& targets);

}  // namespace gradus::inline GRADUS_PRECISION
