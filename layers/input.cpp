#include <gradus/layers/input.h>

namespace gradus::inline GRADUS_PRECISION {

Input::Input(const Shape& shape) : shape_(shape) {
  check<ShapeError>(shape.size() > 0, "[input] expected sizes of at least 1, got {}", shape);
}

Config Input::config() const { return {type(), {{"shape", shape_}}, {}}; }

Variable Input::forward(const Variable& x, Mode) {
  check<ShapeError>(x.shape().rank() > 0 && x.shape().without_first() == shape_,
                    "[{}] expected input of shape {} after the batch axis, got {}", name(), shape_, x.shape());
  return x;
}

}  // namespace gradus::inline GRADUS_PRECISION
