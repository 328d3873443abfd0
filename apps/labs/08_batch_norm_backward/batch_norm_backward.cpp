#include "batch_norm_backward.h"

#include "not_implemented.h"

#include <algorithm>
#include <cmath>

namespace student {

// Task 8.1
void batch_norm_dbeta(std::span<const double> dy, std::size_t N, std::size_t F, std::span<double> dbeta) {
  // BEGIN SOLUTION
  std::fill(dbeta.begin(), dbeta.end(), 0.0);
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < F; ++j) dbeta[j] += dy[i * F + j];
  }
  // END SOLUTION
}

// Task 8.2
void batch_norm_dgamma(std::span<const double> dy, std::span<const double> xhat, std::size_t N, std::size_t F,
                       std::span<double> dgamma) {
  // BEGIN SOLUTION
  std::fill(dgamma.begin(), dgamma.end(), 0.0);
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < F; ++j) dgamma[j] += dy[i * F + j] * xhat[i * F + j];
  }
  // END SOLUTION
}

// Task 8.3
void batch_norm_backward_staged(std::span<const double> dy, std::span<const double> x, std::span<const double> mu,
                                std::span<const double> inv_std, std::span<const double> gamma, std::size_t N,
                                std::size_t F, std::span<double> dxhat, std::span<double> dvariance,
                                std::span<double> dmu, std::span<double> dx) {
  // BEGIN SOLUTION
  const double count = static_cast<double>(N);
  for (std::size_t j = 0; j < F; ++j) {
    double through_inv_std = 0;  // the sum of dxhat (x - mu): what inv_std is multiplied by
    double through_xhat = 0;
    double centered = 0;  // the sum of x - mu, which is 0 up to rounding
    for (std::size_t i = 0; i < N; ++i) {
      const std::size_t n = i * F + j;
      dxhat[n] = dy[n] * gamma[j];
      through_inv_std += dxhat[n] * (x[n] - mu[j]);
      through_xhat += dxhat[n];
      centered += x[n] - mu[j];
    }
    dvariance[j] = -0.5 * std::pow(inv_std[j], 3) * through_inv_std;
    dmu[j] = -inv_std[j] * through_xhat - 2 * dvariance[j] * centered / count;
    for (std::size_t i = 0; i < N; ++i) {
      const std::size_t n = i * F + j;
      const double by_xhat = dxhat[n] * inv_std[j];
      const double by_variance = dvariance[j] * 2 * (x[n] - mu[j]) / count;
      const double by_mean = dmu[j] / count;
      dx[n] = by_xhat + by_variance + by_mean;
    }
  }
  // END SOLUTION
}

// Task 8.4
void batch_norm_backward(std::span<const double> dy, std::span<const double> xhat, std::span<const double> inv_std,
                         std::span<const double> gamma, std::size_t N, std::size_t F, std::span<double> dx,
                         std::span<double> dgamma, std::span<double> dbeta) {
  // BEGIN SOLUTION
  batch_norm_dgamma(dy, xhat, N, F, dgamma);
  batch_norm_dbeta(dy, N, F, dbeta);
  const double scale = 1 / static_cast<double>(N);
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < F; ++j) {
      const std::size_t n = i * F + j;
      const double mean_path = dbeta[j] * scale;
      const double variance_path = xhat[n] * dgamma[j] * scale;
      dx[n] = gamma[j] * inv_std[j] * (dy[n] - mean_path - variance_path);
    }
  }
  // END SOLUTION
}

}  // namespace student
