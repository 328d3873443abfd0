#include <gradus/core/arithmetic/permuted.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace gradus::inline GRADUS_PRECISION {

Tensor permuted(const Tensor& x, const std::vector<int>& axes) {
  const int rank = x.shape().rank();
  std::array<Index, Shape::max_rank> strides{};  // of x, in the order of its axes
  Shape shape;
  for (int axis = 0; axis < rank; ++axis) {
    check<ShapeError>(std::ssize(axes) == rank && std::ranges::count(axes, axis) == 1,
                      "[permuted] expected each of {} axes once, got {{{}}}", rank, fmt::join(axes, ", "));
  }
  Index stride = 1;
  for (int axis = rank - 1; axis >= 0; --axis) {
    strides[static_cast<std::size_t>(axis)] = stride;
    stride *= x.shape()[axis];
  }
  for (const int axis : axes) shape = shape.append(x.shape()[axis]);
  Tensor y = Tensor::empty(shape);
  std::array<Index, Shape::max_rank> position{};  // in y
  Index from = 0;
  for (Real& value : y.values()) {
    value = x.data()[from];
    for (int axis = rank - 1; axis >= 0; --axis) {
      const auto i = static_cast<std::size_t>(axis);
      const Index step = strides[static_cast<std::size_t>(axes[i])];
      from += step;
      if (++position[i] < shape[axis]) break;
      from -= step * shape[axis];
      position[i] = 0;
    }
  }
  return y;
}

}  // namespace gradus::inline GRADUS_PRECISION
