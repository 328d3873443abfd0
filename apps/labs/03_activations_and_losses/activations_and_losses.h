#pragma once

#include <cstddef>
#include <span>

namespace student {

// An output may hold anything before the call: it is overwritten.

// Task 3.1

/// y = max(x, 0)
void relu(std::span<const double> x, std::span<double> y);

/// dx = dy where x > 0, else 0
void relu_backward(std::span<const double> x, std::span<const double> dy, std::span<double> dx);

// Task 3.2. The derivatives are computed from the result y.

/// y = 1 / (1 + exp(-x)), right for any x
void sigmoid(std::span<const double> x, std::span<double> y);

/// dx = dy y (1 - y)
void sigmoid_backward(std::span<const double> y, std::span<const double> dy, std::span<double> dx);

/// y = (exp(x) - exp(-x)) / (exp(x) + exp(-x)), right for any x
void tanh(std::span<const double> x, std::span<double> y);

/// dx = dy (1 - y^2)
void tanh_backward(std::span<const double> y, std::span<const double> dy, std::span<double> dx);

// N samples, K classes. Row-major: logits[n, k], class k of sample n, is logits[n * K + k].
// logits, y, dlogits (N, K)   labels (N), each less than K

// Task 3.3

/// y[n, k] = logits[n, k] - log(sum_j exp(logits[n, j])), right for logits of any size
void log_softmax(std::span<const double> logits, std::size_t N, std::size_t K, std::span<double> y);

// Task 3.4

/// The mean over the samples of -sum_k q[n, k] log_softmax(logits)[n, k], where q are the smoothed labels:
///     q[n, k] = (1 - smoothing) [k == labels[n]] + smoothing / K
/// Throws std::invalid_argument for a label that is K or more.
double cross_entropy(std::span<const double> logits, std::span<const std::size_t> labels, std::size_t N, std::size_t K,
                     double smoothing = 0);

// Task 3.5

/// dlogits[n, k] = dloss (softmax(logits)[n, k] - q[n, k]) / N, where dloss is the gradient that arrives at the loss.
void cross_entropy_backward(std::span<const double> logits, std::span<const std::size_t> labels, std::size_t N,
                            std::size_t K, double smoothing, double dloss, std::span<double> dlogits);

}  // namespace student
