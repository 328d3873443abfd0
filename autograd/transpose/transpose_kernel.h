#pragma once  // internal

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// The transpose of a matrix. Throws ShapeError with [context] for another rank.
Tensor transposed(std::string_view context, const Tensor& x);

}  // namespace gradus::inline GRADUS_PRECISION
