#pragma once  // internal

#include <gradus/core/kernels/strips.h>

namespace gradus::inline GRADUS_PRECISION {

// N: rows (all axes except the last). F: features (the last axis). gamma and beta have shape (F), or are undefined for
// 1 and 0.

/// Mean and biased variance (F) of every column, in two passes.
void column_statistics(const Tensor& x, Tensor& mean, Tensor& variance);

/// 1 / sqrt(variance + epsilon).
Tensor inv_std_of(const Tensor& variance, Real epsilon);

/// y = gamma (x - mean) inv_std + beta, by column.
void normalize_columns(const Tensor& x, const Tensor& mean, const Tensor& inv_std, const Tensor& gamma,
                       const Tensor& beta, Tensor& y);

/// dbeta = sum(dy) and dgamma = sum(dy xhat), by column, with xhat = (x - mean) inv_std.
void column_gradients(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inv_std, Tensor& dgamma,
                      Tensor& dbeta);

/// dx = gamma inv_std (dy - dbeta/N - xhat dgamma/N), which includes the gradient through the batch statistics.
void normalize_columns_backward(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inv_std,
                                const Tensor& gamma, const Tensor& dgamma, const Tensor& dbeta, Tensor& dx);

/// The same for any xhat: dgamma = sum(dy xhat(row)(column)) over the rows. No dbeta if it is undefined.
template <class Xhat>
void sum_gradients(const Tensor& x, const Tensor& dy, Tensor& dgamma, Tensor& dbeta, Xhat xhat) {
  const Index rows = row_count(x);
  const Index columns = features(x);
  for_strips(x, 2, [&](Index first, Index width) {
    const Real* g = dy.data() + first;
    Real sums[2][strip];
    sum_columns(rows, width, sums, [&](Index r, Real(&partial)[2][strip]) {
      const auto xhat_of_row = xhat(r);
#pragma omp simd
      for (Index c = 0; c < width; ++c) {
        const Real upstream = g[r * columns + c];
        partial[0][c] += upstream;
        partial[1][c] += upstream * xhat_of_row(first + c);
      }
    });
    if (dbeta.defined()) std::copy_n(sums[0], width, dbeta.data() + first);
    std::copy_n(sums[1], width, dgamma.data() + first);
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
