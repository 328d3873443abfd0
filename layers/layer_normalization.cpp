#include <gradus/layers/layer_normalization.h>

#include <gradus/autograd/normalization.h>

namespace gradus::inline GRADUS_PRECISION {

LayerNormalization::LayerNormalization(const LayerNormalizationOptions& options) : options_(options) {
  check(options.epsilon > 0 && options.epsilon < 1e6, "[layer_normalization] expected an epsilon above 0, got {}",
        options.epsilon);
}

Config LayerNormalization::config() const {
  ConfigWriter writer(type());
  LayerNormalizationOptions options = options_;
  visit(options, writer);
  return std::move(writer).take();
}

void LayerNormalization::create_parameters(const Shape& input_shape) {
  check<ShapeError>(input_shape.rank() >= 1, "[{}] expected input (N, ..., features), got (N,)", name());
  const Shape features{input_shape[-1]};
  if (options_.scale) gamma_ = &add_weight("gamma", features, "ones");
  if (options_.center) beta_ = &add_weight("beta", features, "zeros");
}

Variable LayerNormalization::forward(const Variable& x, Mode) {
  return layer_normalization(x, gamma_ == nullptr ? Variable{} : Variable(*gamma_),
                             beta_ == nullptr ? Variable{} : Variable(*beta_), static_cast<Real>(options_.epsilon));
}

}  // namespace gradus::inline GRADUS_PRECISION
