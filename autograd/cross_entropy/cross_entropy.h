#pragma once

#include <gradus/autograd/losses.h>

#include <optional>

namespace gradus::inline GRADUS_PRECISION {

/// log(softmax(x)) over the last axis, without overflow.
Variable log_softmax(const Variable& x);

struct CrossEntropyOptions {
  double label_smoothing = 0;           ///< a in [0, 1): the target is (1 - a) onehot + a / K
  Tensor class_weights{};               ///< (K)
  std::optional<Index> ignore_label{};  ///< samples with this label are ignored; it may be outside 0 ... K-1
  Tensor sample_weights{};              ///< (N)
};

/// The cross-entropy of the engine with options: for class weights w and sample weights s (all 1 if not given),
///
///     sum_i s_i sum_c w_c q_ic (-log softmax(logits_i)[c]) / sum_i s_i w_label(i),    q_i = (1 - a) onehot + a / K
///
/// over the samples that are not ignored, as PyTorch's cross_entropy(weight, ignore_index, label_smoothing).
/// Throws ShapeError unless the sizes agree, ValueError for a label out of range, a weight that is negative or not
/// finite, and if all samples are ignored or have weight 0.
Variable softmax_cross_entropy(const Variable& logits, const Tensor& labels, const CrossEntropyOptions& options);

}  // namespace gradus::inline GRADUS_PRECISION
