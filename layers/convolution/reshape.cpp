#include <gradus/layers/convolution/reshape.h>

#include <gradus/autograd/matrix.h>

namespace gradus::inline GRADUS_PRECISION {

Reshape::Reshape(const Shape& shape) : shape_(shape) {
  check<ShapeError>(shape.size() > 0, "[reshape] expected sizes of at least 1, got {}", shape);
}

Config Reshape::config() const { return {type(), {{"shape", shape_}}, {}}; }

Variable Reshape::forward(const Variable& x, Mode) {
  const Shape sample = x.shape().without_first();
  check<ShapeError>(sample.size() == shape_.size(), "[{}] expected samples of {} elements for shape {}, got {}", name(),
                    shape_.size(), shape_, sample);
  return reshape(x, shape_.prepend(x.shape()[0]));
}

}  // namespace gradus::inline GRADUS_PRECISION
