#include <gradus/layers/batch_normalization.h>

#include <gradus/layers/initializers.h>

namespace gradus::inline GRADUS_PRECISION {

BatchNormalization::BatchNormalization(const BatchNormalizationOptions& options) : options_(options) {
  const char* place = "batch_normalization";
  check(options.momentum >= 0 && options.momentum < 1,
        "[{}] expected a momentum in [0, 1), the share of the old value, "
        "got {}",
        place, options.momentum);
  check(options.epsilon > 0 && options.epsilon < 1e6, "[{}] expected an epsilon above 0, got {}", place,
        options.epsilon);
  for (const std::string& initializer : {options.gamma_initializer, options.beta_initializer,
                                         options.moving_mean_initializer, options.moving_variance_initializer}) {
    check_initializer(place, initializer);
  }
}

Config BatchNormalization::config() const {
  ConfigWriter writer(type());
  BatchNormalizationOptions options = options_;
  visit(options, writer);
  return std::move(writer).take();
}

void BatchNormalization::create_parameters(const Shape& input_shape) {
  check<ShapeError>(input_shape.rank() >= 1, "[{}] expected input (N, ..., features), got (N,)", name());
  const Shape features{input_shape[-1]};
  const Fans fans{features[0], features[0]};
  const auto buffer = [&](const char* of, const std::string& initializer) {
    return &add_buffer(of, initial_values(name(), initializer, features, fans));
  };
  if (options_.scale) gamma_ = &add_weight("gamma", features, options_.gamma_initializer);
  if (options_.center) beta_ = &add_weight("beta", features, options_.beta_initializer);
  moving_mean_ = buffer("moving_mean", options_.moving_mean_initializer);
  moving_variance_ = buffer("moving_variance", options_.moving_variance_initializer);
}

Variable BatchNormalization::forward(const Variable& x, Mode mode) {
  if (!trainable()) mode = Mode::inference;
  const Index values = x.value().size() / x.shape()[-1];
  check(mode == Mode::inference || values >= 2,
        "[{}] expected a batch of at least 2 in training, got input {}: one value "
        "has no variance; drop the short last batch (.drop_last = true), or use LayerNormalization",
        name(), x.shape());
  MovingStatistics moving{moving_mean_->value(), moving_variance_->value(), static_cast<Real>(options_.momentum),
                          options_.unbiased_variance};
  return batch_normalization(x, gamma_ == nullptr ? Variable{} : Variable(*gamma_),
                             beta_ == nullptr ? Variable{} : Variable(*beta_), moving,
                             static_cast<Real>(options_.epsilon), mode);
}

}  // namespace gradus::inline GRADUS_PRECISION
