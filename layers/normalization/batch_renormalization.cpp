#include <gradus/layers/normalization/batch_renormalization.h>

#include <gradus/autograd/tape.h>
#include <gradus/core/kernels/elementwise.h>
#include <gradus/core/kernels/normalization.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

Variable batch_renormalization(const Variable& x, const Variable& gamma, const Variable& beta, MovingStatistics& moving,
                               Renormalization& renorm, Real epsilon, Mode mode, std::string_view context) {
  if (mode == Mode::inference) return batch_normalization(x, gamma, beta, moving, epsilon, mode, context);
  check_normalization(context, x, gamma, beta);
  check_statistics(context, x, moving.mean, moving.variance);
  check_statistics(context, x, renorm.mean, renorm.stddev);
  const auto [mean, variance] = update_statistics(context, x, moving);
  const Tensor stddev = map(variance, [=](Real v) { return std::sqrt(v + epsilon); });
  const Tensor inv_std = map(stddev, [](Real s) { return 1 / s; });
  const Tensor r = zip(context, stddev, renorm.stddev,
                       [limit = renorm.rmax](Real s, Real old) { return std::clamp(s / old, 1 / limit, limit); });
  const Tensor d = map(zip(context, zip(context, mean, renorm.mean, minus), renorm.stddev, divide),
                       [limit = renorm.dmax](Real v) { return std::clamp(v, -limit, limit); });
  move_average(renorm.mean, mean, renorm.momentum);
  move_average(renorm.stddev, stddev, renorm.momentum);
  // gamma (xhat r + d) + beta is a normalization by the batch with these in place of gamma and beta.
  const Tensor scale = gamma.defined() ? zip(context, gamma.value(), r, times) : r;
  const Tensor moved = gamma.defined() ? zip(context, gamma.value(), d, times) : d;
  const Tensor shift = beta.defined() ? zip(context, beta.value(), moved, plus) : moved;
  const ColumnNormalization n{mean, inv_std, scale, shift};
  Tensor y = Tensor::empty(x.shape());
  normalize_columns(x.value(), n, y);
  return record("batch_renormalization", y, {x, gamma, beta},
                [=, x = x.value()](const Tensor& dy, Gradients& gradients) {
                  Tensor dscale = Tensor::empty(n.mean.shape());
                  Tensor dbeta = gradients.out_or_scratch(2, n.mean.shape());
                  column_gradients(x, n, dy, dscale, dbeta);
                  if (gradients.wanted(1)) {
                    Tensor dgamma = gradients.out(1);
                    for (Index i = 0; i < r.size(); ++i) {
                      dgamma.data()[i] = dscale.data()[i] * r.data()[i] + dbeta.data()[i] * d.data()[i];
                    }
                  }
                  if (!gradients.wanted(0)) return;
                  Tensor dx = gradients.out(0);
                  normalize_columns_backward(x, n, dy, dscale, dbeta, dx);
                });
}

BatchRenormalization::BatchRenormalization(const BatchRenormalizationOptions& options)
    : BatchNormalization(options.batch), options_(options) {
  constexpr const char* context = "batch_renormalization";
  check(options.rmax >= 1 && std::isfinite(options.rmax), "[{}] expected a finite rmax, at least 1, got {}", context,
        options.rmax);
  check(options.dmax >= 0 && std::isfinite(options.dmax), "[{}] expected a finite dmax, at least 0, got {}", context,
        options.dmax);
  check(options.renorm_momentum >= 0 && options.renorm_momentum < 1,
        "[{}] expected a renorm_momentum in [0, 1), the share of the old value, got {}", context,
        options.renorm_momentum);
}

Config BatchRenormalization::config() const { return config_of(type(), options_); }

void BatchRenormalization::create_parameters(const Shape& input_shape) {
  BatchNormalization::create_parameters(input_shape);
  const Shape features{input_shape[-1]};
  renorm_mean_ = &add_buffer("renorm_mean", Tensor::zeros(features));
  renorm_stddev_ = &add_buffer("renorm_stddev", Tensor::ones(features));
}

Variable BatchRenormalization::forward(const Variable& x, Mode mode) {
  if (!trainable()) mode = Mode::inference;
  MovingStatistics moving = moving_statistics();
  Renormalization renorm{.mean = renorm_mean_->value(),
                         .stddev = renorm_stddev_->value(),
                         .momentum = static_cast<Real>(options_.renorm_momentum),
                         .rmax = static_cast<Real>(options_.rmax),
                         .dmax = static_cast<Real>(options_.dmax)};
  Variable y = batch_renormalization(x, gamma(), beta(), moving, renorm, epsilon(), mode, name());
  if (mode == Mode::training) count_batch();
  return y;
}

}  // namespace gradus::inline GRADUS_PRECISION
