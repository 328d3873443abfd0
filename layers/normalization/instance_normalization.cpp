#include <gradus/layers/normalization/instance_normalization.h>

#include <gradus/autograd/normalization.h>
#include <gradus/layers/normalization/group_normalization.h>

namespace gradus::inline GRADUS_PRECISION {

Variable instance_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Real epsilon,
                                std::string_view context) {
  const Index channels = check_normalization(context, x, gamma, beta);
  return group_normalization(x, gamma, beta, channels, epsilon, context);
}

InstanceNormalization::InstanceNormalization(const InstanceNormalizationOptions& options)
    : SampleNormalization("instance_normalization", options, options.center) {}

Variable InstanceNormalization::forward(const Variable& x, Mode) {
  return instance_normalization(x, gamma(), beta(), epsilon(), name());
}

}  // namespace gradus::inline GRADUS_PRECISION
