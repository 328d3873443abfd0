#pragma once

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

// N rows (all axes but the last), F features (the last axis). gamma and beta have shape (F) and may be undefined,
// which stands for 1 and 0.

/// mean and biased variance (F) of every column, in two passes.
void column_statistics(const Tensor& x, Tensor& mean, Tensor& variance);

/// 1 / sqrt(variance + epsilon).
Tensor inverse_deviation(const Tensor& variance, Real epsilon);

/// y = gamma (x - mean) inverse + beta, by column.
void normalize_columns(const Tensor& x, const Tensor& mean, const Tensor& inverse, const Tensor& gamma,
                       const Tensor& beta, Tensor& y);

/// dbeta = sum(dy) and dgamma = sum(dy xhat), by column, with xhat = (x - mean) inverse.
void column_gradients(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inverse, Tensor& dgamma,
                      Tensor& dbeta);

/// dx = gamma inverse (dy - dbeta/N - xhat dgamma/N): through the statistics of the batch as well.
void normalize_columns_backward(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inverse,
                                const Tensor& gamma, const Tensor& dgamma, const Tensor& dbeta, Tensor& dx);

/// y = gamma (x - mean) inverse + beta with the mean and biased variance of every row, which go to mean and inverse
/// (N). With an undefined mean nothing is subtracted: inverse is 1 / sqrt(mean of the squares + epsilon).
void normalize_rows(const Tensor& x, const Tensor& gamma, const Tensor& beta, Real epsilon, Tensor& mean,
                    Tensor& inverse, Tensor& y);

/// dx = inverse (d - mean(d) - xhat mean(d xhat)) with d = gamma dy, by row; without mean(d) for an undefined mean.
void normalize_rows_backward(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inverse,
                             const Tensor& gamma, Tensor& dx);

/// dbeta = sum(dy) and dgamma = sum(dy xhat) over the rows, with mean and inverse by row. No dbeta for an undefined
/// mean.
void row_gradients(const Tensor& x, const Tensor& dy, const Tensor& mean, const Tensor& inverse, Tensor& dgamma,
                   Tensor& dbeta);

// In groups: x is N samples of P positions and C channels, which form `groups` runs of C / groups. A sample's group is
// normalized by the mean and biased variance of its P C / groups values, which go to mean and inverse (N, C): every
// channel of a group has the same. All arrays below are walked channel after channel, whatever the width of a group.

void normalize_groups(const Tensor& x, Index groups, const Tensor& gamma, const Tensor& beta, Real epsilon,
                      Tensor& mean, Tensor& inverse, Tensor& y);

/// dx = inverse (d - mean(d) - xhat mean(d xhat)) with d = gamma dy and means over a sample's group; dbeta = sum(dy)
/// and dgamma = sum(dy xhat) (N, C) over the positions of each sample.
void normalize_groups_backward(const Tensor& x, const Tensor& dy, Index groups, const Tensor& mean,
                               const Tensor& inverse, const Tensor& gamma, Tensor& dgamma, Tensor& dbeta, Tensor& dx);

}  // namespace gradus::inline GRADUS_PRECISION
