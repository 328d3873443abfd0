#pragma once

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// Softmax over the last axis: y = exp(x - max x) / sum exp(x - max x).
Tensor softmax_rows(const Tensor& x);

/// x - max x - log(sum exp(x - max x)) over the last axis.
Tensor log_softmax_rows(const Tensor& x);

/// Mean over the rows of -log softmax(logits)[label], and in `dlogits` its gradient (softmax - onehot) / N.
/// Throws ValueError for a label that is not one of 0 ... K-1.
Real softmax_cross_entropy_rows(const Tensor& logits, const Tensor& labels, Tensor& dlogits);

}  // namespace gradus::inline GRADUS_PRECISION
