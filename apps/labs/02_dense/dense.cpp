#include "dense.h"

#include "not_implemented.h"

#include <algorithm>

namespace student {

// Task 2.1
void dense_forward(std::span<const double> x, std::span<const double> kernel, std::span<const double> bias,
                   std::size_t N, std::size_t F, std::size_t U, std::span<double> y) {
  // BEGIN SOLUTION
  for (std::size_t n = 0; n < N; ++n) {
    for (std::size_t u = 0; u < U; ++u) y[n * U + u] = bias.empty() ? 0 : bias[u];
    for (std::size_t f = 0; f < F; ++f) {
      const double scale = x[n * F + f];
      for (std::size_t u = 0; u < U; ++u) y[n * U + u] += scale * kernel[f * U + u];
    }
  }
  // END SOLUTION
}

// Task 2.2
void dense_dx(std::span<const double> dy, std::span<const double> kernel, std::size_t N, std::size_t F, std::size_t U,
              std::span<double> dx) {
  // BEGIN SOLUTION
  for (std::size_t n = 0; n < N; ++n) {
    for (std::size_t f = 0; f < F; ++f) {
      double dot = 0;
      for (std::size_t u = 0; u < U; ++u) dot += dy[n * U + u] * kernel[f * U + u];
      dx[n * F + f] = dot;
    }
  }
  // END SOLUTION
}

// Task 2.3
void dense_dkernel(std::span<const double> x, std::span<const double> dy, std::size_t N, std::size_t F, std::size_t U,
                   std::span<double> dkernel) {
  // BEGIN SOLUTION
  std::fill_n(dkernel.begin(), F * U, 0.0);
  for (std::size_t n = 0; n < N; ++n) {
    for (std::size_t f = 0; f < F; ++f) {
      const double scale = x[n * F + f];
      for (std::size_t u = 0; u < U; ++u) dkernel[f * U + u] += scale * dy[n * U + u];
    }
  }
  // END SOLUTION
}

// Task 2.4
void dense_dbias(std::span<const double> dy, std::size_t N, std::size_t U, std::span<double> dbias) {
  // BEGIN SOLUTION
  std::fill_n(dbias.begin(), U, 0.0);
  for (std::size_t n = 0; n < N; ++n) {
    for (std::size_t u = 0; u < U; ++u) dbias[u] += dy[n * U + u];
  }
  // END SOLUTION
}

// Task 2.5
void blocked_product(std::span<const double> a, std::span<const double> b, std::size_t M, std::size_t K, std::size_t N,
                     std::span<double> c) {
  // BEGIN SOLUTION
  // Four rows of b at once: an element of c is read and written once for four multiply-adds. A stretch of 256 columns
  // of c, 2 kB, stays in the first cache meanwhile.
  constexpr std::size_t width = 256;
  std::fill_n(c.begin(), M * N, 0.0);
  for (std::size_t j0 = 0; j0 < N; j0 += width) {
    const std::size_t j1 = std::min(j0 + width, N);
    for (std::size_t i = 0; i < M; ++i) {
      std::size_t k = 0;
      for (; k + 4 <= K; k += 4) {
        const double a0 = a[i * K + k], a1 = a[i * K + k + 1], a2 = a[i * K + k + 2], a3 = a[i * K + k + 3];
        for (std::size_t j = j0; j < j1; ++j) {
          c[i * N + j] +=
              a0 * b[k * N + j] + a1 * b[(k + 1) * N + j] + a2 * b[(k + 2) * N + j] + a3 * b[(k + 3) * N + j];
        }
      }
      for (; k < K; ++k) {
        const double a0 = a[i * K + k];
        for (std::size_t j = j0; j < j1; ++j) c[i * N + j] += a0 * b[k * N + j];
      }
    }
  }
  // END SOLUTION
}

}  // namespace student
