#pragma once  // internal

#include <gradus/core/kernels/strips.h>

namespace gradus::inline GRADUS_PRECISION {

// N: rows (all axes except the last). F: features (the last axis).

/// Mean and biased variance (F) of every column, in one pass over the memory.
void column_statistics(const Tensor& x, Tensor& mean, Tensor& variance);

/// 1 / sqrt(variance + epsilon).
Tensor inv_std_of(const Tensor& variance, Real epsilon);

/// z = gamma (x - mean) inv_std + beta, by column: (F) each, or gamma and beta undefined for 1 and 0; and y = z for
/// z > 0, else slope z.
struct ColumnNormalization {
  Tensor mean;
  Tensor inv_std;
  Tensor gamma;
  Tensor beta;
  Real slope = 1;
};

/// y of z, for a number or a vector; of slope 0: 0, not -0 and not NaN.
template <class T>
T rectified(T z, Real slope) {
  const T below = slope == 0 ? T{} : T(slope * z);
  return z < 0 ? below : z;
}

/// Computes y.
void normalize_columns(const Tensor& x, const ColumnNormalization& n, Tensor& y);

/// dbeta = sum(dz) and dgamma = sum(dz xhat), by column, with xhat = (x - mean) inv_std.
void column_gradients(const Tensor& x, const ColumnNormalization& n, const Tensor& dy, Tensor& dgamma, Tensor& dbeta);

/// dx = gamma inv_std (dz - dbeta/N - xhat dgamma/N), which includes the gradient through the batch statistics.
void normalize_columns_backward(const Tensor& x, const ColumnNormalization& n, const Tensor& dy, const Tensor& dgamma,
                                const Tensor& dbeta, Tensor& dx);

}  // namespace gradus::inline GRADUS_PRECISION
