#pragma once

#include <cstddef>
#include <span>

namespace student {

// N samples, F features. Row-major: x[i, j], feature j of sample i, is x[i * F + j].
// (N, F): x, xhat, y. (F): everything else.

// Task 7.1. Statistics of a batch.

/// mu[j] = sum_i x[i, j] / N
void batch_mean(std::span<const double> x, std::size_t N, std::size_t F, std::span<double> mu);

/// variance[j] = sum_i (x[i, j] - mu[j])^2 / N
void batch_variance(std::span<const double> x, std::span<const double> mu, std::size_t N, std::size_t F,
                    std::span<double> variance);

// Task 7.2

/// inv_std[j] = 1 / sqrt(variance[j] + epsilon)
void inverse_deviation(std::span<const double> variance, double epsilon, std::span<double> inv_std);

/// xhat[i, j] = (x[i, j] - mean[j]) inv_std[j]
void normalize(std::span<const double> x, std::span<const double> mean, std::span<const double> inv_std, std::size_t N,
               std::size_t F, std::span<double> xhat);

/// y[i, j] = gamma[j] xhat[i, j] + beta[j]
void scale_and_shift(std::span<const double> xhat, std::span<const double> gamma, std::span<const double> beta,
                     std::size_t N, std::size_t F, std::span<double> y);

// Task 7.3. The state.

/// The values of a new layer: gamma 1, beta 0, moving_mean 0, moving_variance 1.
void batch_norm_reset(std::span<double> gamma, std::span<double> beta, std::span<double> moving_mean,
                      std::span<double> moving_variance);

/// moving[j] = momentum moving[j] + (1 - momentum) batch[j]
void update_moving(std::span<double> moving, std::span<const double> batch, double momentum);

// Task 7.4

/// Training: normalizes with the statistics of the batch and moves the moving ones. `xhat` and `inv_std` are kept for
/// the backward pass. Throws std::invalid_argument for N < 2, before anything is changed.
void batch_norm_training(std::span<const double> x, std::span<const double> gamma, std::span<const double> beta,
                         double momentum, double epsilon, std::size_t N, std::size_t F, std::span<double> moving_mean,
                         std::span<double> moving_variance, std::span<double> xhat, std::span<double> inv_std,
                         std::span<double> y);

// Task 7.5

/// Inference: normalizes with the moving statistics, and changes nothing but y.
void batch_norm_inference(std::span<const double> x, std::span<const double> gamma, std::span<const double> beta,
                          std::span<const double> moving_mean, std::span<const double> moving_variance, double epsilon,
                          std::size_t N, std::size_t F, std::span<double> y);

// Task 7.6. The layer in a checkpoint.

/// state (4 F) = gamma, beta, moving_mean, moving_variance, one after the other.
void batch_norm_save(std::span<const double> gamma, std::span<const double> beta, std::span<const double> moving_mean,
                     std::span<const double> moving_variance, std::span<double> state);

/// The reverse of `batch_norm_save`.
void batch_norm_load(std::span<const double> state, std::span<double> gamma, std::span<double> beta,
                     std::span<double> moving_mean, std::span<double> moving_variance);

}  // namespace student
