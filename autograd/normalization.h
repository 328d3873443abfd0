#pragma once

#include <gradus/autograd/mode.h>
#include <gradus/autograd/variable.h>

namespace gradus::inline GRADUS_PRECISION {

/// The moving statistics of a batch normalization and how they move; see the options of the layer.
struct MovingStatistics {
  Tensor mean;                     ///< (F), changed by a call in training
  Tensor variance;                 ///< (F)
  Real momentum = Real(0.99);      ///< share of the old value
  bool unbiased_variance = false;  ///< keep the variance times m/(m-1), as PyTorch does
};

/// Batch normalization (Ioffe & Szegedy 2015), per feature (the last axis) over the m other elements.
///   training:  y = gamma (x - mu) / sqrt(sigma2 + epsilon) + beta with mean mu and biased variance sigma2 of the
///              batch; then moving = momentum moving + (1 - momentum) batch statistic.
///   inference: the same with the moving statistics, which stay as they are.
/// x (..., F); gamma and beta (F), or undefined for 1 and 0. Throws ShapeError unless the sizes agree, and in training
/// ValueError for m < 2.
Variable batch_normalization(const Variable& x, const Variable& gamma, const Variable& beta, MovingStatistics& moving,
                             Real epsilon, Mode mode);

/// Layer normalization (Ba et al. 2016): y = gamma (x - mu) / sqrt(sigma2 + epsilon) + beta with mean and biased
/// variance of each sample over the last axis. x (..., F); gamma and beta (F), or undefined for 1 and 0.
Variable layer_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Real epsilon);

}  // namespace gradus::inline GRADUS_PRECISION
