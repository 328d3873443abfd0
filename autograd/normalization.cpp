#include <gradus/autograd/normalization.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/normalization.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// The number of features; checks that gamma and beta have it.
Index checked_features(std::string_view place, const Variable& x, const Variable& gamma, const Variable& beta) {
  check<ShapeError>(x.shape().rank() >= 2, "[{}] expected input (N, ..., F), got shape {}", place, x.shape());
  const Index features = x.shape()[-1];
  for (const Variable& parameter : {gamma, beta}) {
    check<ShapeError>(!parameter.defined() || parameter.shape() == Shape{features},
                      "[{}] expected gamma and beta of shape ({},) for input {}, got {}", place, features, x.shape(),
                      parameter.shape());
  }
  return features;
}

/// moving = momentum moving + (1 - momentum) scale batch.
void move_average(Tensor& moving, const Tensor& batch, Real momentum, Real scale = 1) {
  for (Index i = 0; i < moving.size(); ++i) {
    moving.data()[i] = momentum * moving.data()[i] + (1 - momentum) * (scale * batch.data()[i]);
  }
}

struct BatchStatistics {
  Tensor mean;
  Tensor variance;  ///< biased
};

/// Measures the batch, and moves the moving statistics towards it.
BatchStatistics measure(const char* place, const Variable& x, MovingStatistics& moving) {
  const Shape features = moving.mean.shape();
  const auto m = static_cast<Real>(x.value().size() / std::max<Index>(features.size(), 1));
  check(m >= 2,
        "[{}] expected at least 2 values per feature in training, got {} from input {}; drop "
        "the short last batch (DataLoader's drop_last), or use layer or group normalization",
        place, m, x.shape());
  BatchStatistics batch{Tensor::empty(features), Tensor::empty(features)};
  column_statistics(x.value(), batch.mean, batch.variance);
  move_average(moving.mean, batch.mean, moving.momentum);
  move_average(moving.variance, batch.variance, moving.momentum, moving.unbiased_variance ? m / (m - 1) : 1);
  return batch;
}

void check_moving(const char* place, const Variable& x, const Tensor& mean, const Tensor& variance) {
  const Shape features{x.shape()[-1]};
  check<ShapeError>(mean.shape() == features && variance.shape() == features,
                    "[{}] expected moving statistics of shape {} for input {}, got {} and {}", place, features,
                    x.shape(), mean.shape(), variance.shape());
}

}  // namespace

Variable batch_normalization(const Variable& x, const Variable& gamma, const Variable& beta, MovingStatistics& moving,
                             Real epsilon, Mode mode) {
  const char* place = "batch_normalization";
  checked_features(place, x, gamma, beta);
  check_moving(place, x, moving.mean, moving.variance);
  const bool training = mode == Mode::training;
  // The closure must not see later changes of the moving mean.
  const auto [mean, variance] =
      training ? measure(place, x, moving) : BatchStatistics{moving.mean.clone(), moving.variance};
  const Tensor inverse = inverse_deviation(variance, epsilon);
  Tensor y = Tensor::empty(x.shape());
  normalize_columns(x.value(), mean, inverse, gamma.value(), beta.value(), y);
  return record(place, y, {x, gamma, beta},
                [training, mean, inverse, x = x.value(), gamma = gamma.value()](const Tensor& dy, Gradients& d) {
                  Tensor dgamma = d.wanted(1) ? d.out(1) : Tensor::empty(mean.shape());
                  Tensor dbeta = d.wanted(2) ? d.out(2) : Tensor::empty(mean.shape());
                  column_gradients(x, dy, mean, inverse, dgamma, dbeta);
                  if (!d.wanted(0)) return;
                  Tensor dx = d.out(0);
                  const Tensor none = Tensor::zeros(mean.shape());  // constant statistics let nothing flow back
                  normalize_columns_backward(x, dy, mean, inverse, gamma, training ? dgamma : none,
                                             training ? dbeta : none, dx);
                });
}

Variable batch_renormalization(const Variable& x, const Variable& gamma, const Variable& beta, MovingStatistics& moving,
                               Renormalization& renorm, Real epsilon, Mode mode) {
  const char* place = "batch_renormalization";
  if (mode == Mode::inference) return batch_normalization(x, gamma, beta, moving, epsilon, mode);
  checked_features(place, x, gamma, beta);
  check_moving(place, x, moving.mean, moving.variance);
  check_moving(place, x, renorm.mean, renorm.stddev);
  const auto [mean, variance] = measure(place, x, moving);
  const Tensor stddev = map(variance, [=](Real v) { return std::sqrt(v + epsilon); });
  const Tensor inverse = map(stddev, [](Real s) { return 1 / s; });
  const Tensor r = zip(place, stddev, renorm.stddev,
                       [limit = renorm.rmax](Real s, Real old) { return std::clamp(s / old, 1 / limit, limit); });
  const Tensor d = map(zip(place, zip(place, mean, renorm.mean, minus), renorm.stddev, divide),
                       [limit = renorm.dmax](Real v) { return std::clamp(v, -limit, limit); });
  move_average(renorm.mean, mean, renorm.momentum);
  move_average(renorm.stddev, stddev, renorm.momentum);
  // gamma (xhat r + d) + beta is a normalization by the batch with these in place of gamma and beta.
  const Tensor scale = gamma.defined() ? zip(place, gamma.value(), r, times) : r;
  const Tensor moved = gamma.defined() ? zip(place, gamma.value(), d, times) : d;
  const Tensor shift = beta.defined() ? zip(place, beta.value(), moved, plus) : moved;
  Tensor y = Tensor::empty(x.shape());
  normalize_columns(x.value(), mean, inverse, scale, shift, y);
  return record(place, y, {x, gamma, beta},
                [mean, inverse, r, d, scale, x = x.value()](const Tensor& dy, Gradients& gradients) {
                  Tensor dscale = Tensor::empty(mean.shape());
                  Tensor dbeta = gradients.wanted(2) ? gradients.out(2) : Tensor::empty(mean.shape());
                  column_gradients(x, dy, mean, inverse, dscale, dbeta);
                  if (gradients.wanted(1)) {
                    Tensor dgamma = gradients.out(1);
                    for (Index i = 0; i < r.size(); ++i) {
                      dgamma.data()[i] = dscale.data()[i] * r.data()[i] + dbeta.data()[i] * d.data()[i];
                    }
                  }
                  if (!gradients.wanted(0)) return;
                  Tensor dx = gradients.out(0);
                  normalize_columns_backward(x, dy, mean, inverse, scale, dscale, dbeta, dx);
                });
}

Variable layer_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Real epsilon) {
  const Index features = checked_features("layer_normalization", x, gamma, beta);
  const Shape rows{x.value().size() / std::max<Index>(features, 1)};
  Tensor mean = Tensor::empty(rows);
  Tensor inverse = Tensor::empty(rows);
  Tensor y = Tensor::empty(x.shape());
  normalize_rows(x.value(), gamma.value(), beta.value(), epsilon, mean, inverse, y);
  return record("layer_normalization", y, {x, gamma, beta},
                [features, mean, inverse, x = x.value(), gamma = gamma.value()](const Tensor& dy, Gradients& d) {
                  if (d.wanted(1) || d.wanted(2)) {
                    Tensor dgamma = d.wanted(1) ? d.out(1) : Tensor::empty({features});
                    Tensor dbeta = d.wanted(2) ? d.out(2) : Tensor::empty({features});
                    row_gradients(x, dy, mean, inverse, dgamma, dbeta);
                  }
                  if (!d.wanted(0)) return;
                  Tensor dx = d.out(0);
                  normalize_rows_backward(x, dy, mean, inverse, gamma, dx);
                });
}

Variable group_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Index groups,
                             Real epsilon) {
  const Index channels = checked_features("group_normalization", x, gamma, beta);
  check<ShapeError>(groups >= 1 && channels % groups == 0,
                    "[group_normalization] expected groups that divide the {} channels of input {}, got {}", channels,
                    x.shape(), groups);
  const Shape by_sample{x.shape()[0], channels};
  Tensor mean = Tensor::empty(by_sample);
  Tensor inverse = Tensor::empty(by_sample);
  Tensor y = Tensor::empty(x.shape());
  normalize_groups(x.value(), groups, gamma.value(), beta.value(), epsilon, mean, inverse, y);
  return record("group_normalization", y, {x, gamma, beta},
                [groups, mean, inverse, x = x.value(), gamma = gamma.value()](const Tensor& dy, Gradients& d) {
                  Tensor dgamma = Tensor::empty(mean.shape());
                  Tensor dbeta = Tensor::empty(mean.shape());
                  Tensor dx = d.wanted(0) ? d.out(0) : Tensor::empty(x.shape());
                  normalize_groups_backward(x, dy, groups, mean, inverse, gamma, dgamma, dbeta, dx);
                  if (d.wanted(1)) d.set(1, dgamma);
                  if (d.wanted(2)) d.set(2, dbeta);
                });
}

Variable instance_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Real epsilon) {
  return group_normalization(x, gamma, beta, checked_features("instance_normalization", x, gamma, beta), epsilon);
}

Variable rms_normalization(const Variable& x, const Variable& gamma, Real epsilon) {
  const Index features = checked_features("rms_normalization", x, gamma, {});
  Tensor no_mean;
  Tensor no_beta;
  Tensor inverse = Tensor::empty({x.value().size() / std::max<Index>(features, 1)});
  Tensor y = Tensor::empty(x.shape());
  normalize_rows(x.value(), gamma.value(), no_beta, epsilon, no_mean, inverse, y);
  return record("rms_normalization", y, {x, gamma},
                [inverse, x = x.value(), gamma = gamma.value()](const Tensor& dy, Gradients& d) {
                  Tensor none;
                  if (d.wanted(1)) {
                    Tensor dgamma = d.out(1);
                    row_gradients(x, dy, none, inverse, dgamma, none);
                  }
                  if (!d.wanted(0)) return;
                  Tensor dx = d.out(0);
                  normalize_rows_backward(x, dy, none, inverse, gamma, dx);
                });
}

}  // namespace gradus::inline GRADUS_PRECISION
