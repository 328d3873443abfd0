#include "batch_norm_forward.h"

#include "not_implemented.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

namespace student {

// Task 7.1
void batch_mean(std::span<const double> x, std::size_t N, std::size_t F, std::span<double> mu) {
  // BEGIN SOLUTION
  std::fill(mu.begin(), mu.end(), 0.0);
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < F; ++j) mu[j] += x[i * F + j];
  }
  for (double& m : mu) m /= static_cast<double>(N);
  // END SOLUTION
}

// Task 7.1
void batch_variance(std::span<const double> x, std::span<const double> mu, std::size_t N, std::size_t F,
                    std::span<double> variance) {
  // BEGIN SOLUTION
  const double count = static_cast<double>(N);
  for (std::size_t j = 0; j < F; ++j) {
    double squares = 0;
    for (std::size_t i = 0; i < N; ++i) squares += (x[i * F + j] - mu[j]) * (x[i * F + j] - mu[j]);
    variance[j] = squares / count;
  }
  // END SOLUTION
}

// Task 7.2
void inverse_deviation(std::span<const double> variance, double epsilon, std::span<double> inv_std) {
  // BEGIN SOLUTION
  for (std::size_t j = 0; j < variance.size(); ++j) inv_std[j] = 1 / std::sqrt(variance[j] + epsilon);
  // END SOLUTION
}

// Task 7.2
void normalize(std::span<const double> x, std::span<const double> mean, std::span<const double> inv_std, std::size_t N,
               std::size_t F, std::span<double> xhat) {
  // BEGIN SOLUTION
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < F; ++j) xhat[i * F + j] = (x[i * F + j] - mean[j]) * inv_std[j];
  }
  // END SOLUTION
}

// Task 7.2
void scale_and_shift(std::span<const double> xhat, std::span<const double> gamma, std::span<const double> beta,
                     std::size_t N, std::size_t F, std::span<double> y) {
  // BEGIN SOLUTION
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < F; ++j) y[i * F + j] = gamma[j] * xhat[i * F + j] + beta[j];
  }
  // END SOLUTION
}

// Task 7.3
void batch_norm_reset(std::span<double> gamma, std::span<double> beta, std::span<double> moving_mean,
                      std::span<double> moving_variance) {
  // BEGIN SOLUTION
  std::fill(gamma.begin(), gamma.end(), 1.0);
  std::fill(beta.begin(), beta.end(), 0.0);
  std::fill(moving_mean.begin(), moving_mean.end(), 0.0);
  std::fill(moving_variance.begin(), moving_variance.end(), 1.0);
  // END SOLUTION
}

// Task 7.3
void update_moving(std::span<double> moving, std::span<const double> batch, double momentum) {
  // BEGIN SOLUTION
  for (std::size_t j = 0; j < moving.size(); ++j) moving[j] = momentum * moving[j] + (1 - momentum) * batch[j];
  // END SOLUTION
}

// Task 7.4
void batch_norm_training(std::span<const double> x, std::span<const double> gamma, std::span<const double> beta,
                         double momentum, double epsilon, std::size_t N, std::size_t F, std::span<double> moving_mean,
                         std::span<double> moving_variance, std::span<double> xhat, std::span<double> inv_std,
                         std::span<double> y) {
  // BEGIN SOLUTION
  if (N < 2) throw std::invalid_argument("batch_norm_training: one sample has no variance; drop a short last batch");
  std::vector<double> mu(F), variance(F);
  batch_mean(x, N, F, mu);
  batch_variance(x, mu, N, F, variance);
  inverse_deviation(variance, epsilon, inv_std);
  normalize(x, mu, inv_std, N, F, xhat);
  scale_and_shift(xhat, gamma, beta, N, F, y);
  update_moving(moving_mean, mu, momentum);
  update_moving(moving_variance, variance, momentum);
  // END SOLUTION
}

// Task 7.5
void batch_norm_inference(std::span<const double> x, std::span<const double> gamma, std::span<const double> beta,
                          std::span<const double> moving_mean, std::span<const double> moving_variance, double epsilon,
                          std::size_t N, std::size_t F, std::span<double> y) {
  // BEGIN SOLUTION
  std::vector<double> moving_inv_std(F), normalized(N * F);
  inverse_deviation(moving_variance, epsilon, moving_inv_std);
  normalize(x, moving_mean, moving_inv_std, N, F, normalized);
  scale_and_shift(normalized, gamma, beta, N, F, y);
  // END SOLUTION
}

// Task 7.6
void batch_norm_save(std::span<const double> gamma, std::span<const double> beta, std::span<const double> moving_mean,
                     std::span<const double> moving_variance, std::span<double> state) {
  // BEGIN SOLUTION
  auto next = std::copy(gamma.begin(), gamma.end(), state.begin());
  next = std::copy(beta.begin(), beta.end(), next);
  next = std::copy(moving_mean.begin(), moving_mean.end(), next);
  std::copy(moving_variance.begin(), moving_variance.end(), next);
  // END SOLUTION
}

// Task 7.6
void batch_norm_load(std::span<const double> state, std::span<double> gamma, std::span<double> beta,
                     std::span<double> moving_mean, std::span<double> moving_variance) {
  // BEGIN SOLUTION
  const std::size_t F = gamma.size();
  std::copy_n(state.begin(), F, gamma.begin());
  std::copy_n(state.subspan(F).begin(), F, beta.begin());
  std::copy_n(state.subspan(2 * F).begin(), F, moving_mean.begin());
  std::copy_n(state.subspan(3 * F).begin(), F, moving_variance.begin());
  // END SOLUTION
}

}  // namespace student
