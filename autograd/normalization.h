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

/// The averages that batch renormalization corrects a batch towards, and how far.
struct Renormalization {
  Tensor mean;                 ///< (F), changed by a call in training
  Tensor stddev;               ///< (F), above 0
  Real momentum = Real(0.99);  ///< share of the old value
  Real rmax = 3;               ///< r is clipped to [1/rmax, rmax]
  Real dmax = 5;               ///< d is clipped to [-dmax, dmax]
};

/// Batch renormalization (Ioffe 2017), which trains with small batches: in training
///   y = gamma (xhat r + d) + beta,  xhat = (x - mu) / sigma,  sigma = sqrt(sigma2 + epsilon),
///   r = clip(sigma / renorm.stddev, 1/rmax, rmax),  d = clip((mu - renorm.mean) / renorm.stddev, -dmax, dmax),
/// with no gradient through r and d; then renorm moves by its own momentum, and `moving` as in batch_normalization, of
/// which this is the same in inference.
Variable batch_renormalization(const Variable& x, const Variable& gamma, const Variable& beta, MovingStatistics& moving,
                               Renormalization& renorm, Real epsilon, Mode mode);

/// Layer normalization (Ba et al. 2016): y = gamma (x - mu) / sqrt(sigma2 + epsilon) + beta with mean and biased
/// variance of each sample over the last axis. x (..., F); gamma and beta (F), or undefined for 1 and 0.
Variable layer_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Real epsilon);

/// Group normalization (Wu & He 2018): the C channels form `groups` runs of equal length, and each run of each sample
/// is normalized by the mean and biased variance of all its positions and channels. x (N, ..., C); gamma and beta (C),
/// or undefined for 1 and 0. Throws ShapeError unless `groups` divides C.
Variable group_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Index groups,
                             Real epsilon);

/// Instance normalization (Ulyanov et al. 2016): group normalization with one channel per group. For x (N, C), a single
/// value per channel, y is beta.
Variable instance_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Real epsilon);

/// RMS normalization (Zhang & Sennrich 2019): y = gamma x / sqrt(mean(x^2) + epsilon), the mean of each sample over the
/// last axis. x (..., F); gamma (F), or undefined for 1.
Variable rms_normalization(const Variable& x, const Variable& gamma, Real epsilon);

}  // namespace gradus::inline GRADUS_PRECISION
