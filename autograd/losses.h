#pragma once

#include <gradus/autograd/variable.h>

#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// exp(x) / sum(exp(x)) over the last axis, with the maximum subtracted first.
Variable softmax(const Variable& x);

/// Mean over the batch of -log(softmax(logits))[label]: logits (N, K), labels (N) class indices 0 ... K-1. Takes
/// logits, not probabilities. With `weights` (N), sum_i w_i l_i / sum_i w_i; a sample of weight 0 is not read.
/// Throws ShapeError unless the sizes agree, ValueError for a label out of range, a weight that is negative or not
/// finite, and if all are 0.
Variable softmax_cross_entropy(const Variable& logits, const Tensor& labels, const Tensor& weights = {});

// Elementwise losses of predictions and targets of equal shape: the mean over all elements. With `weights` (N) for
// predictions (N, ...), sum_i w_i l_i / sum_i w_i, where l_i is the mean of sample i.
// Throws ShapeError unless the shapes agree, ValueError if a weight is negative or not finite, or all are 0.

/// max(x, 0) - x t + log(1 + exp(-|x|)), which is -t log(p) - (1 - t) log(1 - p) for p = sigmoid(x): logits x, targets
/// t in [0, 1]. As PyTorch's binary_cross_entropy_with_logits. Throws ValueError for a target outside [0, 1].
Variable binary_cross_entropy(const Variable& logits, const Tensor& targets, const Tensor& weights = {});

/// (prediction - target)^2.
Variable mean_squared_error(const Variable& predictions, const Tensor& targets, const Tensor& weights = {});

/// |prediction - target|; the derivative is 0 where the two are equal.
Variable mean_absolute_error(const Variable& predictions, const Tensor& targets, const Tensor& weights = {});

/// e^2 / 2 for e = prediction - target up to |e| = delta, and delta |e| - delta^2 / 2 beyond: Huber 1964, Keras' Huber.
/// Throws ValueError unless delta is positive and finite.
Variable huber(const Variable& predictions, const Tensor& targets, double delta = 1, const Tensor& weights = {});

/// A penalty on large weights, l1 sum |w| + l2 sum w^2, as Keras's L1L2.
struct Regularizer {
  double l1 = 0;
  double l2 = 0;

  bool defined() const { return l1 != 0 || l2 != 0; }
};

/// Throws ValueError with [context] and the option unless both factors are finite and at least 0.
void check_regularizer(std::string_view context, std::string_view option, const Regularizer& regularizer);

/// l1 sum |x| + l2 sum x^2, a scalar; the derivative of |x| at 0 is 0. Throws ValueError unless both factors are
/// finite and at least 0.
Variable l1_l2(const Variable& x, const Regularizer& regularizer);

// Building blocks of other losses.

/// Throws ShapeError unless x has rows of at least one element.
void check_rows(std::string_view context, const Variable& x);
/// Throws ShapeError unless logits are (N, K) and labels (N), with at least one element.
void check_logits(const Variable& logits, const Tensor& labels);
/// Throws ShapeError unless there are n weights, ValueError unless they are finite and at least 0.
void check_weights(std::string_view context, std::string_view what, const Tensor& weights, Index n);
/// Throws ValueError unless the weights of the n samples have a positive sum.
void check_counted(std::string_view context, double sum_of_weights, Index n);
/// A cross-entropy with its gradient, computed at the same time.
Variable record_cross_entropy(const Variable& logits, Real loss, const Tensor& dlogits);

}  // namespace gradus::inline GRADUS_PRECISION
