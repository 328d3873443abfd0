#pragma once

#include <cstddef>
#include <span>

namespace student {

// N samples, F features, U units. Row-major: x[n, f], feature f of sample n, is x[n * F + f].
// x, dx (N, F)   kernel, dkernel (F, U)   bias, dbias (U)   y, dy (N, U)
// An output may hold anything before the call: it is overwritten.

// Task 2.1

/// y[n, u] = bias[u] + sum_f x[n, f] kernel[f, u]
/// An empty bias stands for zeros.
void dense_forward(std::span<const double> x, std::span<const double> kernel, std::span<const double> bias,
                   std::size_t N, std::size_t F, std::size_t U, std::span<double> y);

// Task 2.2

/// dx[n, f] = sum_u dy[n, u] kernel[f, u]
void dense_dx(std::span<const double> dy, std::span<const double> kernel, std::size_t N, std::size_t F, std::size_t U,
              std::span<double> dx);

// Task 2.3

/// dkernel[f, u] = sum_n x[n, f] dy[n, u]
void dense_dkernel(std::span<const double> x, std::span<const double> dy, std::size_t N, std::size_t F, std::size_t U,
                   std::span<double> dkernel);

// Task 2.4

/// dbias[u] = sum_n dy[n, u]
void dense_dbias(std::span<const double> dy, std::size_t N, std::size_t U, std::span<double> dbias);

// Task 2.5

/// c[i, j] = sum_k a[i, k] b[k, j], with a (M, K), b (K, N), c (M, N), in an order and in blocks that use what is in
/// registers and in the cache.
void blocked_product(std::span<const double> a, std::span<const double> b, std::size_t M, std::size_t K, std::size_t N,
                     std::span<double> c);

}  // namespace student
