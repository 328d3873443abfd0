#include <gradus/layers/standardization/standardize.h>

#include <gradus/autograd/arithmetic.h>

namespace gradus::inline GRADUS_PRECISION {

void Standardize::create_parameters(const Shape& input_shape) {
  const bool given = initial_mean_.defined();
  check<ShapeError>(!given || initial_mean_.shape() == input_shape,
                    "[{}] expected samples of shape {}, as those of the statistics, got {}", name(),
                    initial_mean_.shape(), input_shape);
  mean_ = &add_buffer("mean", given ? initial_mean_.clone() : Tensor::zeros(input_shape));
  standard_deviation_ =
      &add_buffer("standard_deviation", given ? initial_deviation_.clone() : Tensor::ones(input_shape));
}

Variable Standardize::forward(const Variable& x, Mode) { return (x - mean_->value()) / standard_deviation_->value(); }

}  // namespace gradus::inline GRADUS_PRECISION
