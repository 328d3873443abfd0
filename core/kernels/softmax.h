#pragma once  // internal

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// Softmax over the last axis: y = exp(x - max x) / sum exp(x - max x).
Tensor softmax_rows(const Tensor& x);

/// x - max x - log(sum exp(x - max x)) over the last axis.
Tensor log_softmax_rows(const Tensor& x);

/// Mean over the rows of -log softmax(logits)[label], and in `dlogits` its gradient (softmax - onehot) / N.
/// Throws ValueError for a label that is not one of 0 ... K-1.
Real softmax_cross_entropy_rows(const Tensor& logits, const Tensor& labels, Tensor& dlogits);

/// What the rows' losses are when they are more than -log softmax(logits)[label].
struct CrossEntropyWeights {
  Tensor rows;   ///< (N): what each row's loss is multiplied by; of a row with 0 neither logits nor label are read
  Tensor label;  ///< (K): what -log softmax(logits)[c] counts where c is the label
  Tensor every;  ///< (K): what it counts besides, for every c and whatever the label; may be undefined
};

/// The sum of the weighted losses, and its gradient. Throws as above.
Real softmax_cross_entropy_rows(const Tensor& logits, const Tensor& labels, const CrossEntropyWeights& weights,
                                Tensor& dlogits);

}  // namespace gradus::inline GRADUS_PRECISION
