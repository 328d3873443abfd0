#include <gradus/autograd/normalization.h>

#include <gradus/autograd/activations.h>
#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/normalization.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace gradus::inline GRADUS_PRECISION {

Index check_normalization(std::string_view context, const Variable& x, const Variable& gamma, const Variable& beta) {
  check<ShapeError>(x.shape().rank() >= 2, "[{}] expected input (N, ..., F), got shape {}", context, x.shape());
  const Index features = x.shape()[-1];
  check<ShapeError>(features >= 1, "[{}] expected input of at least 1 feature, the last axis, got shape {}", context,
                    x.shape());
  for (const Variable& parameter : {gamma, beta}) {
    check<ShapeError>(!parameter.defined() || parameter.shape() == Shape{features},
                      "[{}] expected gamma and beta of shape ({},) for input {}, got {}", context, features, x.shape(),
                      parameter.shape());
  }
  return features;
}

void check_statistics(std::string_view context, const Variable& x, const Tensor& mean, const Tensor& variance) {
  const Shape features{x.shape()[-1]};
  check<ShapeError>(mean.shape() == features && variance.shape() == features,
                    "[{}] expected moving statistics of shape {} for input {}, got {} and {}", context, features,
                    x.shape(), mean.shape(), variance.shape());
}

void move_average(Tensor& moving, const Tensor& batch, Real momentum, Real scale) {
  using Limits = std::numeric_limits<Real>;
  Real* const average = moving.data();
  const Real* const values = batch.data();
#pragma omp simd
  for (Index i = 0; i < moving.size(); ++i) {
    const Real before = average[i];
    const Real goal = scale * values[i];
    const Real distance = std::abs(goal - before);
    // A step below the precision of the number would end the average on the way, for example 50 such steps before it.
    const Real precision = Limits::epsilon() * std::abs(before) + Limits::min();
    const Real least = distance < precision ? distance : precision;  // std::min is of references: no vectors
    const Real step = (1 - momentum) * distance;
    const Real after = momentum == 0 ? goal : before + std::copysign(step < least ? least : step, goal - before);
    const bool finite = std::abs(goal) <= Limits::max();
    average[i] = finite ? after : before;  // a batch that breaks training leaves the model as it was
  }
}

BatchStatistics update_statistics(std::string_view context, const Variable& x, MovingStatistics& moving) {
  const Shape features = moving.mean.shape();
  const auto m = static_cast<Real>(x.value().size() / std::max<Index>(features.size(), 1));
  check(m >= 2,
        "[{}] expected at least 2 values per feature in training, got {} from input {}: one value has no variance; "
        "drop the short last batch (.drop_last = true), or use layer or group normalization",
        context, m, x.shape());
  BatchStatistics batch{Tensor::empty(features), Tensor::empty(features)};
  column_statistics(x.value(), batch.mean, batch.variance);
  move_average(moving.mean, batch.mean, moving.momentum);
  move_average(moving.variance, batch.variance, moving.momentum, moving.unbiased_variance ? m / (m - 1) : 1);
  return batch;
}

ColumnNormalization column_normalization(std::string_view context, const Variable& x, const Variable& gamma,
                                         const Variable& beta, MovingStatistics& moving, Real epsilon, Mode mode,
                                         const ActivationFunction* activation) {
  check_normalization(context, x, gamma, beta);
  check_statistics(context, x, moving.mean, moving.variance);
  // A closure must not see later changes of the moving mean.
  const auto [mean, variance] = mode == Mode::training ? update_statistics(context, x, moving)
                                                       : BatchStatistics{moving.mean.clone(), moving.variance};
  return {mean, inv_std_of(variance, epsilon), gamma.value_if_any(), beta.value_if_any(),
          activation == nullptr ? 1 : activation->parameter};
}

Variable batch_normalization(const Variable& x, const Variable& gamma, const Variable& beta, MovingStatistics& moving,
                             Real epsilon, Mode mode, std::string_view context, const ActivationFunction* activation) {
  if (activation != nullptr && !activation->rectifier) {
    return activate(batch_normalization(x, gamma, beta, moving, epsilon, mode, context), *activation);
  }
  const ColumnNormalization n = column_normalization(context, x, gamma, beta, moving, epsilon, mode, activation);
  const bool training = mode == Mode::training;
  Tensor y = Tensor::empty(x.shape());
  normalize_columns(x.value(), n, y);
  return record("batch_normalization", y, {x, gamma, beta}, [=, x = x.value()](const Tensor& dy, Gradients& d) {
    Tensor dgamma = d.out_or_scratch(1, n.mean.shape());
    Tensor dbeta = d.out_or_scratch(2, n.mean.shape());
    column_gradients(x, n, dy, dgamma, dbeta);
    if (!d.wanted(0)) return;
    Tensor dx = d.out(0);
    const Tensor none = Tensor::zeros(n.mean.shape());  // constant statistics have no gradient
    normalize_columns_backward(x, n, dy, training ? dgamma : none, training ? dbeta : none, dx);
  });
}

}  // namespace gradus::inline GRADUS_PRECISION
