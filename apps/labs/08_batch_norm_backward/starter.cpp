#include "batch_norm_backward.h"

#include "not_implemented.h"

#include <algorithm>
#include <cmath>

namespace student {

// Task 8.1
void batch_norm_dbeta(std::span<const double> dy, std::size_t N, std::size_t F, std::span<double> dbeta) {
  throw NotImplemented("lab 8, task 8.1: batch_norm_dbeta");
}

// Task 8.2
void batch_norm_dgamma(std::span<const double> dy, std::span<const double> xhat, std::size_t N, std::size_t F,
                       std::span<double> dgamma) {
  throw NotImplemented("lab 8, task 8.2: batch_norm_dgamma");
}

// Task 8.3
void batch_norm_backward_staged(std::span<const double> dy, std::span<const double> x, std::span<const double> mu,
                                std::span<const double> inv_std, std::span<const double> gamma, std::size_t N,
                                std::size_t F, std::span<double> dxhat, std::span<double> dvariance,
                                std::span<double> dmu, std::span<double> dx) {
  throw NotImplemented("lab 8, task 8.3: batch_norm_backward_staged");
}

// Task 8.4
void batch_norm_backward(std::span<const double> dy, std::span<const double> xhat, std::span<const double> inv_std,
                         std::span<const double> gamma, std::size_t N, std::size_t F, std::span<double> dx,
                         std::span<double> dgamma, std::span<double> dbeta) {
  throw NotImplemented("lab 8, task 8.4: batch_norm_backward");
}

}  // namespace student
