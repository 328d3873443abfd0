#pragma once  // internal

#include <gradus/core/tensor.h>

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

/// y = gamma (x - mean) inv_std + beta with the mean and biased variance of every row; writes mean and inv_std (N). If
/// `mean` is undefined, nothing is subtracted and inv_std is 1 / sqrt(mean(x^2) + epsilon).
void normalize_rows(const Tensor& x, const Tensor& gamma, const Tensor& beta, Real epsilon, Tensor& mean,
                    Tensor& inv_std, Tensor& y);

/// dx = inv_std (d - mean(d) - xhat mean(d xhat)) with d = gamma dy, by row; without mean(d) if `mean` is undefined.
void normalize_rows_backward(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inv_std,
                             const Tensor& gamma, Tensor& dx);

/// dbeta = sum(dy) and dgamma = sum(dy xhat) over the rows, with mean and inv_std by row. No dbeta if `mean` is
/// undefined.
void row_gradients(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inv_std, Tensor& dgamma,
                   Tensor& dbeta);

}  // namespace gradus::inline GRADUS_PRECISION
