#include <gradus/autograd/reductions/axes.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

Axes::Axes(std::initializer_list<int> axes) : count_(axes.size()) {
  check<ShapeError>(count_ <= Shape::max_rank, "[axes] expected at most {} axes, got {}", int{Shape::max_rank}, count_);
  std::copy(axes.begin(), axes.end(), axes_.begin());
}

AxisFlags Axes::flags(std::string_view context, const Shape& shape) const {
  AxisFlags flags{};
  for (const int axis : std::span(axes_).first(count_)) {
    const int positive = axis < 0 ? axis + shape.rank() : axis;
    check<ShapeError>(positive >= 0 && positive < shape.rank(), "[{}] expected axes of a tensor of shape {}, got {}",
                      context, shape, axis);
    check<ShapeError>(!flags[static_cast<std::size_t>(positive)], "[{}] expected every axis once, got {} twice",
                      context, axis);
    flags[static_cast<std::size_t>(positive)] = true;
  }
  return flags;
}

Shape reduced_shape(const Shape& shape, const AxisFlags& axes, KeepDims keep) {
  Shape result;
  for (int i = 0; i < shape.rank(); ++i) {
    const bool reduced = axes[static_cast<std::size_t>(i)];
    if (!reduced || keep == KeepDims::yes) result = result.append(reduced ? 1 : shape[i]);
  }
  return result;
}

}  // namespace gradus::inline GRADUS_PRECISION
