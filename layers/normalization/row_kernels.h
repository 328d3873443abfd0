#pragma once  // internal

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

// N: rows (all axes except the last). gamma and beta have the size of a row, or are undefined for 1 and 0.

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
