#include <gradus/layers/batch_normalization.h>

#include <gradus/autograd/normalization.h>
#include <gradus/layers/initializers.h>

#include <algorithm>
#include <cmath>

namespace gradus::inline GRADUS_PRECISION {

BatchNormalization::BatchNormalization(const BatchNormalizationOptions& options) : options_(options) {
  const char* place = "batch_normalization";
  for (const double momentum : {options.momentum.value_or(0), options.renorm_momentum}) {
    check(momentum >= 0 && momentum < 1, "[{}] expected a momentum in [0, 1), the share of the old value, got {}",
          place, momentum);
  }
  check_epsilon(place, options.epsilon);
  check(options.renorm_rmax >= 1 && std::isfinite(options.renorm_rmax),
        "[{}] expected a finite renorm_rmax, at least 1, got {}", place, options.renorm_rmax);
  check(options.renorm_dmax >= 0 && std::isfinite(options.renorm_dmax),
        "[{}] expected a finite renorm_dmax, at least 0, got {}", place, options.renorm_dmax);
  for (const std::string& initializer : {options.gamma_initializer, options.beta_initializer,
                                         options.moving_mean_initializer, options.moving_variance_initializer}) {
    check_initializer(place, initializer);
  }
}

Config BatchNormalization::config() const { return config_of(type(), options_); }

void BatchNormalization::create_parameters(const Shape& input_shape) {
  create_gamma_and_beta(input_shape, options_.scale ? options_.gamma_initializer : "",
                        options_.center ? options_.beta_initializer : "");
  const Shape features{input_shape[-1]};
  const auto buffer = [&](const char* of, const std::string& initializer) {
    return &add_buffer(of, initial_values(name(), initializer, features, {features[0], features[0]}));
  };
  moving_mean_ = buffer("moving_mean", options_.moving_mean_initializer);
  moving_variance_ = buffer("moving_variance", options_.moving_variance_initializer);
  if (options_.warm_up || !options_.momentum)
    num_batches_tracked_ = &add_buffer("num_batches_tracked", Tensor::zeros({1}));
  if (!options_.renorm) return;
  renorm_mean_ = buffer("renorm_mean", "zeros");
  renorm_stddev_ = buffer("renorm_stddev", "ones");
}

double BatchNormalization::next_momentum() {
  if (num_batches_tracked_ == nullptr) return *options_.momentum;
  const double seen = (*num_batches_tracked_->value().data())++;
  return std::min(seen / (seen + 1), options_.momentum.value_or(1));
}

Variable BatchNormalization::forward(const Variable& x, Mode mode) {
  if (!trainable()) mode = Mode::inference;
  const Index values = x.value().size() / x.shape()[-1];
  check(mode == Mode::inference || values >= 2,
        "[{}] expected a batch of at least 2 in training, got input {}: one value has no variance; drop the short last "
        "batch (.drop_last = true), or use LayerNormalization",
        name(), x.shape());
  MovingStatistics moving{moving_mean_->value(), moving_variance_->value(), 0, options_.unbiased_variance};
  if (mode == Mode::training) moving.momentum = static_cast<Real>(next_momentum());
  const auto epsilon = static_cast<Real>(options_.epsilon);
  if (!options_.renorm) return batch_normalization(x, gamma(), beta(), moving, epsilon, mode);
  Renormalization renorm{renorm_mean_->value(), renorm_stddev_->value(), static_cast<Real>(options_.renorm_momentum),
                         static_cast<Real>(options_.renorm_rmax), static_cast<Real>(options_.renorm_dmax)};
  return batch_renormalization(x, gamma(), beta(), moving, renorm, epsilon, mode);
}

}  // namespace gradus::inline GRADUS_PRECISION
