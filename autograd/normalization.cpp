#include <gradus/autograd/normalization.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/normalization.h>

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
void move_average(Tensor& moving, const Tensor& batch, Real momentum, Real scale) {
  for (Index i = 0; i < moving.size(); ++i) {
    moving.data()[i] = momentum * moving.data()[i] + (1 - momentum) * (scale * batch.data()[i]);
  }
}

}  // namespace

Variable batch_normalization(const Variable& x, const Variable& gamma, const Variable& beta, MovingStatistics& moving,
                             Real epsilon, Mode mode) {
  const Index features = checked_features("batch_normalization", x, gamma, beta);
  check<ShapeError>(moving.mean.shape() == Shape{features} && moving.variance.shape() == Shape{features},
                    "[batch_normalization] expected moving statistics of shape ({},) for input {}, got {} and {}",
                    features, x.shape(), moving.mean.shape(), moving.variance.shape());
  const bool training = mode == Mode::training;
  Tensor mean = moving.mean;
  Tensor variance = moving.variance;
  if (training) {
    const auto m = static_cast<Real>(x.value().size() / std::max<Index>(features, 1));
    check(m >= 2,
          "[batch_normalization] expected at least 2 values per feature in training, got {} from input {}; drop "
          "the short last batch (DataLoader's drop_last), or use layer or group normalization",
          m, x.shape());
    mean = Tensor::empty({features});
    variance = Tensor::empty({features});
    column_statistics(x.value(), mean, variance);
    move_average(moving.mean, mean, moving.momentum, 1);
    move_average(moving.variance, variance, moving.momentum, moving.unbiased_variance ? m / (m - 1) : 1);
  } else {
    mean = mean.clone();  // the closure must not see later changes of the moving mean
  }
  const Tensor inverse = inverse_deviation(variance, epsilon);
  Tensor y = Tensor::empty(x.shape());
  normalize_columns(x.value(), mean, inverse, gamma.value(), beta.value(), y);
  return record(
      "batch_normalization", y, {x, gamma, beta},
      [training, mean, inverse, x = x.value(), gamma = gamma.value()](const Tensor& dy, Gradients& d) {
        Tensor dgamma = d.wanted(1) ? d.out(1) : Tensor::empty(mean.shape());
        Tensor dbeta = d.wanted(2) ? d.out(2) : Tensor::empty(mean.shape());
        column_gradients(x, dy, mean, inverse, dgamma, dbeta);
        if (!d.wanted(0)) return;
        Tensor dx = d.out(0);
        const Tensor none = Tensor::zeros(mean.shape());  // constant statistics: nothing flows back through them
        normalize_columns_backward(x, dy, mean, inverse, gamma, training ? dgamma : none, training ? dbeta : none, dx);
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

}  // namespace gradus::inline GRADUS_PRECISION
