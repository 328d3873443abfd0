#include "layer_norm.h"

#include "not_implemented.h"

#include <cmath>
#include <vector>

namespace student {

// Task 10.1
void row_statistics(std::span<const double> x, double epsilon, std::size_t N, std::size_t F, std::span<double> mean,
                    std::span<double> inv_std) {
  // BEGIN SOLUTION
  const double count = static_cast<double>(F);
  for (std::size_t i = 0; i < N; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < F; ++j) sum += x[i * F + j];
    mean[i] = sum / count;
    double squares = 0;
    for (std::size_t j = 0; j < F; ++j) squares += (x[i * F + j] - mean[i]) * (x[i * F + j] - mean[i]);
    const double variance = squares / count;
    inv_std[i] = 1 / std::sqrt(variance + epsilon);
  }
  // END SOLUTION
}

// Task 10.2
void layer_norm_forward(std::span<const double> x, std::span<const double> gamma, std::span<const double> beta,
                        double epsilon, std::size_t N, std::size_t F, std::span<double> xhat, std::span<double> inv_std,
                        std::span<double> y) {
  // BEGIN SOLUTION
  std::vector<double> mean(N);
  row_statistics(x, epsilon, N, F, mean, inv_std);
  for (std::size_t i = 0; i < N; ++i) {
    for (std::size_t j = 0; j < F; ++j) {
      xhat[i * F + j] = (x[i * F + j] - mean[i]) * inv_std[i];
      y[i * F + j] = gamma[j] * xhat[i * F + j] + beta[j];
    }
  }
  // END SOLUTION
}

// Task 10.3
void layer_norm_parameters(std::span<const double> dy, std::span<const double> xhat, std::size_t N, std::size_t F,
                           std::span<double> dgamma, std::span<double> dbeta) {
  // BEGIN SOLUTION
  for (std::size_t j = 0; j < F; ++j) {
    dgamma[j] = 0;
    dbeta[j] = 0;
    for (std::size_t i = 0; i < N; ++i) {
      dgamma[j] += dy[i * F + j] * xhat[i * F + j];
      dbeta[j] += dy[i * F + j];
    }
  }
  // END SOLUTION
}

// Task 10.4
void layer_norm_dx(std::span<const double> dy, std::span<const double> gamma, std::span<const double> xhat,
                   std::span<const double> inv_std, std::size_t N, std::size_t F, std::span<double> dxhat,
                   std::span<double> dx) {
  // BEGIN SOLUTION
  const double features = static_cast<double>(F);
  for (std::size_t i = 0; i < N; ++i) {
    double mean_dxhat = 0, mean_product = 0;
    for (std::size_t j = 0; j < F; ++j) {
      const std::size_t at = i * F + j;
      dxhat[at] = dy[at] * gamma[j];
      mean_dxhat += dxhat[at] / features;
      mean_product += dxhat[at] * xhat[at] / features;
    }
    for (std::size_t j = 0; j < F; ++j) {
      const std::size_t at = i * F + j;
      dx[at] = inv_std[i] * (dxhat[at] - mean_dxhat - xhat[at] * mean_product);
    }
  }
  // END SOLUTION
}

}  // namespace student
