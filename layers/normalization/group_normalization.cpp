#include <gradus/layers/normalization/group_normalization.h>

#include <gradus/autograd/normalization.h>
#include <gradus/autograd/tape.h>
#include <gradus/layers/normalization/group_kernels.h>

namespace gradus::inline GRADUS_PRECISION {

Variable group_normalization(const Variable& x, const Variable& gamma, const Variable& beta, Index groups, Real epsilon,
                             std::string_view context) {
  const Index channels = check_normalization(context, x, gamma, beta);
  check<ShapeError>(groups >= 1 && channels % groups == 0,
                    "[{}] expected groups that divide the {} channels of input {}, got {}; set "
                    "GroupNormalizationOptions::groups",
                    context, channels, x.shape(), groups);
  const Shape by_sample{x.shape()[0], channels};
  Tensor mean = Tensor::empty(by_sample);
  Tensor inv_std = Tensor::empty(by_sample);
  Tensor y = Tensor::empty(x.shape());
  normalize_groups(x.value(), groups, gamma.value_if_any(), beta.value_if_any(), epsilon, mean, inv_std, y);
  return record("group_normalization", y, {x, gamma, beta},
                [=, x = x.value(), gamma = gamma.value_if_any()](const Tensor& dy, Gradients& d) {
                  Tensor dgamma = Tensor::empty(mean.shape());
                  Tensor dbeta = Tensor::empty(mean.shape());
                  Tensor dx = d.out_or_scratch(0, x.shape());
                  normalize_groups_backward(x, dy, groups, mean, inv_std, gamma, dgamma, dbeta, dx);
                  if (d.wanted(1)) d.set(1, dgamma);
                  if (d.wanted(2)) d.set(2, dbeta);
                });
}

GroupNormalization::GroupNormalization(const GroupNormalizationOptions& options)
    : SampleNormalization("group_normalization", options, options.center) {
  check(options.groups >= 1, "[group_normalization] expected at least 1 group, got {}", options.groups);
}

Variable GroupNormalization::forward(const Variable& x, Mode) {
  return group_normalization(x, gamma(), beta(), options().groups, epsilon(), name());
}

}  // namespace gradus::inline GRADUS_PRECISION
