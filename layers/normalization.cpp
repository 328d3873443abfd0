#include <gradus/layers/normalization.h>

#include <gradus/layers/initializers.h>

namespace gradus::inline GRADUS_PRECISION {

Normalization::Normalization(std::string_view context, double epsilon, std::string gamma_initializer,
                             std::string beta_initializer)
    : epsilon_(static_cast<Real>(epsilon)),
      gamma_initializer_(std::move(gamma_initializer)),
      beta_initializer_(std::move(beta_initializer)) {
  check(epsilon > 0 && epsilon < 1e6, "[{}] expected an epsilon above 0, got {}", context, epsilon);
  for (const std::string& initializer : {gamma_initializer_, beta_initializer_}) {
    if (!initializer.empty()) check_initializer(context, initializer);
  }
}

void Normalization::create_parameters(const Shape& input_shape) {
  check<ShapeError>(input_shape.rank() >= 1, "[{}] expected input (N, ..., features), got (N,)", name());
  check<ShapeError>(input_shape[-1] >= 1, "[{}] expected at least 1 feature, the last axis, got samples of shape {}",
                    name(), input_shape);
  const Shape features{input_shape[-1]};
  if (!gamma_initializer_.empty()) gamma_ = &add_weight("gamma", features, gamma_initializer_);
  if (!beta_initializer_.empty()) beta_ = &add_weight("beta", features, beta_initializer_);
}

}  // namespace gradus::inline GRADUS_PRECISION
