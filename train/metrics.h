#pragma once

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// Means over the samples of a data set.
struct Metrics {
  double loss = 0;
  double accuracy = 0;             ///< share of samples whose largest output is the label's; 0 for regression
  double mean_absolute_error = 0;  ///< over all elements; 0 for classes
};

/// How many rows of `logits` (N, K) have their largest element at the label (N). The first of equal elements counts.
Index count_correct(const Tensor& logits, const Tensor& labels);

/// Mean of |predictions - targets| over all elements; shapes must be equal.
double mean_absolute_error(const Tensor& predictions, const Tensor& targets);

}  // namespace gradus::inline GRADUS_PRECISION
