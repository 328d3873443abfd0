#include <gradus/layers/input.h>

namespace gradus::inline GRADUS_PRECISION {

Input::Input(const Shape& shape) : shape_(shape) {
  check<ShapeError>(shape.size() > 0, "[input] expected sizes of at least 1, got {}", shape);
}

Config Input::config() const { return {type(), {{"shape", shape_}}, {}}; }

Variable Input::forward(const Variable& x, Mode) {
  check_input(x, shape_);
  return x;
}

}  // namespace gradus::inline GRADUS_PRECISION
