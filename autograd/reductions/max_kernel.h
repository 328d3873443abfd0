#pragma once  // internal

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// The maximum over the flagged axes, which are kept with size 1; NaN if there is one.
Tensor reduce_max(const Tensor& x, const AxisFlags& axes);

}  // namespace gradus::inline GRADUS_PRECISION
