#pragma once

#include <gradus/autograd/variable.h>

namespace gradus::inline GRADUS_PRECISION {

/// exp(x) / sum(exp(x)) over the last axis, with the largest element subtracted first.
Variable softmax(const Variable& x);
/// log(softmax(x)) over the last axis, without overflow.
Variable log_softmax(const Variable& x);

/// Mean over the batch of -log(softmax(logits))[label]: logits (N, K), labels (N) class indices 0 ... K-1. Takes
/// logits, not probabilities. Throws ShapeError unless the sizes agree, ValueError for a label out of range.
Variable softmax_cross_entropy(const Variable& logits, const Tensor& labels);

/// mean((predictions - targets)^2) over all elements; shapes must be equal.
Variable mean_squared_error(const Variable& predictions, const Tensor& targets);

}  // namespace gradus::inline GRADUS_PRECISION
