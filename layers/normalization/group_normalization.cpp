#include <gradus/layers/normalization/group_normalization.h>

#include <gradus/autograd/normalization.h>

namespace gradus::inline GRADUS_PRECISION {

GroupNormalization::GroupNormalization(const GroupNormalizationOptions& options) : options_(options) {
  check_epsilon("group_normalization", options.epsilon);
  check(options.groups >= 1, "[group_normalization] expected at least 1 group, got {}", options.groups);
}

Config GroupNormalization::config() const { return config_of(type(), options_); }

void GroupNormalization::create_parameters(const Shape& input_shape) {
  create_gamma_and_beta(input_shape, options_.scale ? "ones" : "", options_.center ? "zeros" : "");
  check(input_shape[-1] % options_.groups == 0,
        "[{}] expected groups that divide the {} channels of the input, got {}; set GroupNormalizationOptions::groups",
        name(), input_shape[-1], options_.groups);
}

Variable GroupNormalization::forward(const Variable& x, Mode) {
  return group_normalization(x, gamma(), beta(), options_.groups, static_cast<Real>(options_.epsilon));
}

}  // namespace gradus::inline GRADUS_PRECISION
