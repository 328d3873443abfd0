#include <gradus/layers/normalization.h>

namespace gradus::inline GRADUS_PRECISION {

void Normalization::check_epsilon(std::string_view place, double epsilon) {
  check(epsilon > 0 && epsilon < 1e6, "[{}] expected an epsilon above 0, got {}", place, epsilon);
}

void Normalization::create_gamma_and_beta(const Shape& input_shape, const std::string& gamma, const std::string& beta) {
  check<ShapeError>(input_shape.rank() >= 1, "[{}] expected input (N, ..., features), got (N,)", name());
  const Shape features{input_shape[-1]};
  if (!gamma.empty()) gamma_ = &add_weight("gamma", features, gamma);
  if (!beta.empty()) beta_ = &add_weight("beta", features, beta);
}

}  // namespace gradus::inline GRADUS_PRECISION
