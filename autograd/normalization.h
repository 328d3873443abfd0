#pragma once

#include <gradus/autograd/mode.h>
#include <gradus/autograd/variable.h>

#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

struct ActivationFunction;
struct ColumnNormalization;

/// The moving statistics of a batch normalization and how they are updated; see the options of the layer.
///
/// Several threads: calls in training write the statistics, so one at a time.
struct MovingStatistics {
  Tensor mean;                     ///< (F), updated by calls in training
  Tensor variance;                 ///< (F)
  Real momentum = Real(0.99);      ///< weight of the old value
  bool unbiased_variance = false;  ///< store the variance times m/(m-1), as PyTorch does
};

/// Batch normalization (Ioffe & Szegedy 2015), per feature (the last axis) over the m other elements.
///   training:  y = gamma (x - mu) / sqrt(sigma2 + epsilon) + beta with mean mu and biased variance sigma2 of the
///              batch; then moving = momentum moving + (1 - momentum) batch statistic.
///   inference: the same with the moving statistics, which are not changed.
/// x (..., F); gamma and beta (F), or undefined for 1 and 0. With an activation, y is that of the result; fused for
/// relu and leaky_relu. Throws ShapeError with [context] unless the sizes agree, and in training ValueError for m < 2.
Variable batch_normalization(const Variable& x, const Variable& gamma, const Variable& beta, MovingStatistics& moving,
                             Real epsilon, Mode mode, std::string_view context = "batch_normalization",
                             const ActivationFunction* activation = nullptr);

// Building blocks of other normalizations.

/// The number of features F. Throws ShapeError unless x is (N, ..., F), and gamma and beta are (F) or undefined.
Index check_normalization(std::string_view context, const Variable& x, const Variable& gamma, const Variable& beta);
/// Throws ShapeError unless mean and variance are (F).
void check_statistics(std::string_view context, const Variable& x, const Tensor& mean, const Tensor& variance);

struct BatchStatistics {
  Tensor mean;
  Tensor variance;  ///< biased
};

/// Computes the statistics of a batch and updates the moving statistics with them. Throws ValueError for m < 2.
BatchStatistics update_statistics(std::string_view context, const Variable& x, MovingStatistics& moving);

/// How batch_normalization, by the statistics that it takes or updates, makes y of x. Throws as it does.
ColumnNormalization column_normalization(std::string_view context, const Variable& x, const Variable& gamma,
                                         const Variable& beta, MovingStatistics& moving, Real epsilon, Mode mode,
                                         const ActivationFunction* activation);

/// moving = momentum moving + (1 - momentum) scale batch, where the batch is finite.
void move_average(Tensor& moving, const Tensor& batch, Real momentum, Real scale = 1);

}  // namespace gradus::inline GRADUS_PRECISION
