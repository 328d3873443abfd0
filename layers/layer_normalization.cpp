#include <gradus/layers/layer_normalization.h>

#include <gradus/autograd/normalization.h>

namespace gradus::inline GRADUS_PRECISION {

LayerNormalization::LayerNormalization(const LayerNormalizationOptions& options) : options_(options) {
  check_epsilon("layer_normalization", options.epsilon);
}

Config LayerNormalization::config() const { return config_of(type(), options_); }

void LayerNormalization::create_parameters(const Shape& input_shape) {
  create_gamma_and_beta(input_shape, options_.scale ? "ones" : "", options_.center ? "zeros" : "");
}

Variable LayerNormalization::forward(const Variable& x, Mode) {
  return layer_normalization(x, gamma(), beta(), static_cast<Real>(options_.epsilon));
}

}  // namespace gradus::inline GRADUS_PRECISION
