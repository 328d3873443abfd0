#pragma once  // internal

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// The transpose of a matrix; `context` starts the text of the ShapeError for any other rank.
Tensor transposed(std::string_view context, const Tensor& x);

}  // namespace gradus::inline GRADUS_PRECISION
