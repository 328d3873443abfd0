#pragma once

#include <gradus/core/tensor.h>

#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// A copy with the axes in another order, as numpy's transpose: axis i of the result is axis `axes[i]` of x.
/// Throws ShapeError unless `axes` has every axis of x once.
Tensor permuted(const Tensor& x, const std::vector<int>& axes);

}  // namespace gradus::inline GRADUS_PRECISION
