#pragma once

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// Means over the samples of a data set.
struct Metrics {
  double loss = 0;
  double accuracy = 0;  ///< share of samples whose largest output is the label's; 0 for regression
};

/// How many rows of `logits` (N, K) have their largest element at the label (N). The first of equal elements counts.
Index count_correct(const Tensor& logits, const Tensor& labels);

}  // namespace gradus::inline GRADUS_PRECISION
