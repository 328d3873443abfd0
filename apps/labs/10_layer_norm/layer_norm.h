#pragma once

#include <cstddef>
#include <span>

namespace student {

// N samples, F features. Row-major: x[i, j], feature j of sample i, is x[i * F + j].
// (N, F): x, xhat, y and their gradients. (N): mean, inv_std. (F): gamma, beta and their gradients.

// Task 10.1

/// Statistics of each row:
///     mean[i] = sum_j x[i, j] / F
///     inv_std[i] = 1 / sqrt(sum_j (x[i, j] - mean[i])^2 / F + epsilon)
void row_statistics(std::span<const double> x, double epsilon, std::size_t N, std::size_t F, std::span<double> mean,
                    std::span<double> inv_std);

// Task 10.2

/// xhat[i, j] = (x[i, j] - mean[i]) inv_std[i]
/// y[i, j] = gamma[j] xhat[i, j] + beta[j]
/// `xhat` and `inv_std` are kept for the backward pass. Training and inference are the same.
void layer_norm_forward(std::span<const double> x, std::span<const double> gamma, std::span<const double> beta,
                        double epsilon, std::size_t N, std::size_t F, std::span<double> xhat, std::span<double> inv_std,
                        std::span<double> y);

// Task 10.3

/// dgamma[j] = sum_i dy[i, j] xhat[i, j]
/// dbeta[j] = sum_i dy[i, j]
void layer_norm_parameters(std::span<const double> dy, std::span<const double> xhat, std::size_t N, std::size_t F,
                           std::span<double> dgamma, std::span<double> dbeta);

// Task 10.4

/// dxhat[i, j] = dy[i, j] gamma[j]
/// dx[i, j]: from dxhat and xhat of row i, its inv_std, and two means over the row (see the handout)
void layer_norm_dx(std::span<const double> dy, std::span<const double> gamma, std::span<const double> xhat,
                   std::span<const double> inv_std, std::size_t N, std::size_t F, std::span<double> dxhat,
                   std::span<double> dx);

}  // namespace student
