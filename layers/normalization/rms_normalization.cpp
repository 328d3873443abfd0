#include <gradus/layers/normalization/rms_normalization.h>

#include <gradus/autograd/normalization.h>

namespace gradus::inline GRADUS_PRECISION {

RMSNormalization::RMSNormalization(const RMSNormalizationOptions& options) : options_(options) {
  check_epsilon("rms_normalization", options.epsilon);
}

Config RMSNormalization::config() const { return config_of(type(), options_); }

void RMSNormalization::create_parameters(const Shape& input_shape) {
  create_gamma_and_beta(input_shape, options_.scale ? "ones" : "", "");
}

Variable RMSNormalization::forward(const Variable& x, Mode) {
  return rms_normalization(x, gamma(), static_cast<Real>(options_.epsilon));
}

}  // namespace gradus::inline GRADUS_PRECISION
