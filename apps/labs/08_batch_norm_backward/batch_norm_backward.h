#pragma once

#include <cstddef>
#include <span>

namespace student {

// N samples, F features. Row-major: x[i, j], feature j of sample i, is x[i * F + j].
// (N, F): x, xhat, y and their gradients. (F): mu, variance, inv_std, gamma, beta and their gradients.
// The forward pass, in training:
//     xhat[i, j] = (x[i, j] - mu[j]) inv_std[j],   inv_std[j] = 1 / sqrt(variance[j] + epsilon)
//     y[i, j] = gamma[j] xhat[i, j] + beta[j]
// An output may hold anything before the call: it is overwritten.

// Task 8.1

/// dbeta[j] = sum_i dy[i, j]
void batch_norm_dbeta(std::span<const double> dy, std::size_t N, std::size_t F, std::span<double> dbeta);

// Task 8.2

/// dgamma[j] = sum_i dy[i, j] xhat[i, j]
void batch_norm_dgamma(std::span<const double> dy, std::span<const double> xhat, std::size_t N, std::size_t F,
                       std::span<double> dgamma);

// Task 8.3. The chain rule along the graph of the forward pass, one node at a time.

/// dxhat (N, F), the gradient of xhat
/// dvariance (F), the gradient of variance: through inv_std
/// dmu (F), the gradient of mu: through xhat, and through variance
/// dx (N, F): through xhat, variance and mu
void batch_norm_backward_staged(std::span<const double> dy, std::span<const double> x, std::span<const double> mu,
                                std::span<const double> inv_std, std::span<const double> gamma, std::size_t N,
                                std::size_t F, std::span<double> dxhat, std::span<double> dvariance,
                                std::span<double> dmu, std::span<double> dx);

// Task 8.4. The same in closed form, from what the forward pass has kept.

/// dx[i, j] = gamma[j] inv_std[j] (dy[i, j] - dbeta[j] / N - xhat[i, j] dgamma[j] / N)
/// Also writes dgamma and dbeta.
void batch_norm_backward(std::span<const double> dy, std::span<const double> xhat, std::span<const double> inv_std,
                         std::span<const double> gamma, std::size_t N, std::size_t F, std::span<double> dx,
                         std::span<double> dgamma, std::span<double> dbeta);

}  // namespace student
