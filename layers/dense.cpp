#include <gradus/layers/dense.h>

#include <gradus/autograd/matrix.h>
#include <gradus/core/kernels/activation.h>
#include <gradus/layers/initializers.h>

namespace gradus::inline GRADUS_PRECISION {

Dense::Dense(Index units, const DenseOptions& options)
    : units_(units), options_(options), activation_(&activation_function("dense", options.activation)) {
  check(units >= 1, "[dense] expected at least 1 unit, got {}", units);
  check_initializer("dense", options.kernel_initializer);
  check_initializer("dense", options.bias_initializer);
  check_regularizer("dense", "kernel_regularizer", options.kernel_regularizer);
  check_regularizer("dense", "bias_regularizer", options.bias_regularizer);
  if (activation_->name == "linear") activation_ = nullptr;
}

Config Dense::config() const {
  Config config = config_of(type(), options_);
  config.options.insert(config.options.begin(), {"units", units_});
  return config;
}

void Dense::create_parameters(const Shape& input_shape) {
  check<ShapeError>(input_shape.rank() == 1,
                    "[{}] expected input (N, features), got samples of shape {}; put a Flatten "
                    "before it",
                    name(), input_shape);
  check<ShapeError>(input_shape[0] >= 1, "[{}] expected at least 1 feature, got samples of shape {}", name(),
                    input_shape);
  const Fans fans{input_shape[0], units_};
  kernel_ = &add_weight("kernel", initial_values(name(), options_.kernel_initializer, {fans.in, fans.out}, fans),
                        options_.kernel_regularizer);
  if (!options_.use_bias) return;
  bias_ =
      &add_weight("bias", initial_values(name(), options_.bias_initializer, {units_}, fans), options_.bias_regularizer);
}

Variable Dense::forward(const Variable& x, Mode) {
  return linear(x, *kernel_, bias_ == nullptr ? Variable{} : Variable(*bias_), activation_);
}

}  // namespace gradus::inline GRADUS_PRECISION
