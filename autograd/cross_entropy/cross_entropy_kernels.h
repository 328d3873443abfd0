#pragma once  // internal

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// x - max x - log(sum exp(x - max x)) over the last axis.
Tensor log_softmax_rows(const Tensor& x);

/// Weights of the loss: with p = softmax(logits), row i with label t contributes
/// rows[i] (label[t] (-log p[t]) + sum_c every[c] (-log p[c])).
struct CrossEntropyWeights {
  Tensor rows;   ///< (N); logits and label of a row with weight 0 are not read
  Tensor label;  ///< (K)
  Tensor every;  ///< (K), or undefined for 0
};

/// The sum of the weighted losses of the rows; writes its gradient to `dlogits`. Throws ValueError for a label outside
/// 0 ... K-1.
Real weighted_cross_entropy_rows(const Tensor& logits, const Tensor& labels, const CrossEntropyWeights& weights,
                                 Tensor& dlogits);

}  // namespace gradus::inline GRADUS_PRECISION
