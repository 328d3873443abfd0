#include <gradus/layers/batch_normalization.h>

#include <gradus/layers/initializers.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

BatchNormalization::BatchNormalization(const BatchNormalizationOptions& options)
    : Normalization("batch_normalization", options.epsilon, options.scale ? options.gamma_initializer : "",
                    options.center ? options.beta_initializer : ""),
      options_(options) {
  const double momentum = options.momentum.value_or(0);
  check(momentum >= 0 && momentum < 1,
        "[batch_normalization] expected a momentum in [0, 1), the share of the old value, got {}", momentum);
  check_initializer("batch_normalization", options.moving_mean_initializer);
  check_initializer("batch_normalization", options.moving_variance_initializer);
}

Config BatchNormalization::config() const { return config_of(type(), options_); }

void BatchNormalization::create_parameters(const Shape& input_shape) {
  Normalization::create_parameters(input_shape);
  const Index features = input_shape[-1];
  const auto buffer = [&](const char* of, const std::string& initializer) {
    return &add_buffer(of, initial_values(name(), initializer, {features}, {features, features}));
  };
  moving_mean_ = buffer("moving_mean", options_.moving_mean_initializer);
  moving_variance_ = buffer("moving_variance", options_.moving_variance_initializer);
  if (options_.warm_up || !options_.momentum) {
    num_batches_tracked_ = &add_buffer("num_batches_tracked", Tensor::zeros({1}));
  }
}

double BatchNormalization::next_momentum() const {
  if (num_batches_tracked_ == nullptr) return *options_.momentum;
  const double seen = num_batches_tracked_->value().item();
  return std::min(seen / (seen + 1), options_.momentum.value_or(1));
}

void BatchNormalization::count_batch() {
  if (num_batches_tracked_ != nullptr) num_batches_tracked_->value().data()[0] += 1;
}

MovingStatistics BatchNormalization::moving_statistics() const {
  return {.mean = moving_mean_->value(),
          .variance = moving_variance_->value(),
          .momentum = static_cast<Real>(next_momentum()),
          .unbiased_variance = options_.unbiased_variance};
}

Variable BatchNormalization::forward(const Variable& x, Mode mode) {
  return fused(x, mode, [](auto&&... arguments) { return batch_normalization(arguments...); });
}

Variable BatchNormalization::activated(const Variable& x, Mode mode, const ActivationFunction& activation) {
  return fused(x, mode, [&](auto&&... arguments) { return batch_normalization(arguments..., &activation); });
}

}  // namespace gradus::inline GRADUS_PRECISION
