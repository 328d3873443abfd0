#pragma once

#include <gradus/core/shape.h>

namespace gradus::inline GRADUS_PRECISION {

/// The axes of a reduction: {0}, {-1}, {0, 1}.
///
/// Several threads: a value without shared state.
class Axes {
 public:
  /// Throws ShapeError for more than 6 axes.
  Axes(std::initializer_list<int> axes);
  /// Throws ShapeError with [context] unless every axis exists in `shape` and appears once.
  AxisFlags flags(std::string_view context, const Shape& shape) const;

 private:
  std::array<int, Shape::max_rank> axes_{};
  std::size_t count_ = 0;
};

/// Whether a reduction keeps the reduced axes, with size 1.
enum class KeepDims { no, yes };

/// The shape of a reduction over the flagged axes, which are kept with size 1 or dropped.
Shape reduced_shape(const Shape& shape, const AxisFlags& axes, KeepDims keep);

}  // namespace gradus::inline GRADUS_PRECISION
