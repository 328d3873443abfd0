#include "activations_and_losses.h"

#include "not_implemented.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace student {

// Task 3.1
void relu(std::span<const double> x, std::span<double> y) {
  // BEGIN SOLUTION
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = x[i] > 0 ? x[i] : 0;
  // END SOLUTION
}

// Task 3.1
void relu_backward(std::span<const double> x, std::span<const double> dy, std::span<double> dx) {
  // BEGIN SOLUTION
  for (std::size_t i = 0; i < x.size(); ++i) dx[i] = x[i] > 0 ? dy[i] : 0;
  // END SOLUTION
}

// Task 3.2
void sigmoid(std::span<const double> x, std::span<double> y) {
  // BEGIN SOLUTION
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = 1 / (1 + std::exp(-x[i]));  // exp(1e4) = inf, 1 / inf = 0
  // END SOLUTION
}

// Task 3.2
void sigmoid_backward(std::span<const double> y, std::span<const double> dy, std::span<double> dx) {
  // BEGIN SOLUTION
  for (std::size_t i = 0; i < y.size(); ++i) dx[i] = dy[i] * y[i] * (1 - y[i]);
  // END SOLUTION
}

// Task 3.2
void tanh(std::span<const double> x, std::span<double> y) {
  // BEGIN SOLUTION
  for (std::size_t i = 0; i < x.size(); ++i) y[i] = std::tanh(x[i]);
  // END SOLUTION
}

// Task 3.2
void tanh_backward(std::span<const double> y, std::span<const double> dy, std::span<double> dx) {
  // BEGIN SOLUTION
  for (std::size_t i = 0; i < y.size(); ++i) dx[i] = dy[i] * (1 - y[i] * y[i]);
  // END SOLUTION
}

// Task 3.3
void log_softmax(std::span<const double> logits, std::size_t N, std::size_t K, std::span<double> y) {
  // BEGIN SOLUTION
  for (std::size_t n = 0; n < N; ++n) {
    const std::span<const double> row = logits.subspan(n * K, K);
    const double largest = *std::max_element(row.begin(), row.end());
    double total = 0;
    for (std::size_t k = 0; k < K; ++k) total += std::exp(row[k] - largest);
    for (std::size_t k = 0; k < K; ++k) y[n * K + k] = row[k] - largest - std::log(total);
  }
  // END SOLUTION
}

// Task 3.4
double cross_entropy(std::span<const double> logits, std::span<const std::size_t> labels, std::size_t N, std::size_t K,
                     double smoothing) {
  // BEGIN SOLUTION
  std::vector<double> log_p(N * K);
  log_softmax(logits, N, K, log_p);
  double total = 0;
  for (std::size_t n = 0; n < N; ++n) {
    if (labels[n] >= K) throw std::invalid_argument("cross_entropy: a label is not less than K");
    const double share = smoothing / static_cast<double>(K);
    for (std::size_t k = 0; k < K; ++k) {
      const double q = share + (k == labels[n] ? 1 - smoothing : 0);
      total -= q * log_p[n * K + k];
    }
  }
  return total / static_cast<double>(N);
  // END SOLUTION
}

// Task 3.5
void cross_entropy_backward(std::span<const double> logits, std::span<const std::size_t> labels, std::size_t N,
                            std::size_t K, double smoothing, double dloss, std::span<double> dlogits) {
  // BEGIN SOLUTION
  std::vector<double> log_p(N * K);
  log_softmax(logits, N, K, log_p);
  const double scale = dloss / static_cast<double>(N);
  for (std::size_t n = 0; n < N; ++n) {
    for (std::size_t k = 0; k < K; ++k) {
      const double p = std::exp(log_p[n * K + k]);
      const double target = (k == labels[n] ? 1 - smoothing : 0) + smoothing / static_cast<double>(K);
      dlogits[n * K + k] = scale * (p - target);
    }
  }
  // END SOLUTION
}

}  // namespace student
