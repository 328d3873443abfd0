#pragma once  // internal

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// The shape of a reduction over the flagged axes, which are kept with size 1 or dropped.
Shape reduced_shape(const Shape& shape, const AxisFlags& axes, KeepDims keep);

/// Sum or maximum over the flagged axes, which are kept with size 1. The order of additions depends on the shape alone.
Tensor reduce_sum(const Tensor& x, const AxisFlags& axes);
Tensor reduce_max(const Tensor& x, const AxisFlags& axes);

/// The gradient of broadcasting `shape` to the shape of `x`: sums `x` over the axes that were broadcast.
Tensor sum_to(const Tensor& x, const Shape& shape);

/// The sum of n numbers.
Real sum_of(const Real* x, Index n);

}  // namespace gradus::inline GRADUS_PRECISION
