#pragma once

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// Share of the rows of `logits` (N, K) in which the label (N) is among the k largest elements; of equal elements the
/// first counts as larger. A row with a NaN is wrong. Throws ValueError unless 1 <= k <= K, and for labels out of
/// range.
double top_k_accuracy(const Tensor& logits, const Tensor& labels, Index k);

}  // namespace gradus::inline GRADUS_PRECISION
