#include <gradus/layers/normalization/instance_normalization.h>

#include <gradus/autograd/normalization.h>

namespace gradus::inline GRADUS_PRECISION {

InstanceNormalization::InstanceNormalization(const InstanceNormalizationOptions& options) : options_(options) {
  check_epsilon("instance_normalization", options.epsilon);
}

Config InstanceNormalization::config() const { return config_of(type(), options_); }

void InstanceNormalization::create_parameters(const Shape& input_shape) {
  create_gamma_and_beta(input_shape, options_.scale ? "ones" : "", options_.center ? "zeros" : "");
}

Variable InstanceNormalization::forward(const Variable& x, Mode) {
  return instance_normalization(x, gamma(), beta(), static_cast<Real>(options_.epsilon));
}

}  // namespace gradus::inline GRADUS_PRECISION
