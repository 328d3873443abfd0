#pragma once

#include <gradus/autograd/variable.h>

namespace gradus::inline GRADUS_PRECISION {

/// Exchanges the two axes of a matrix. Throws ShapeError for another rank. `linear` and its gradients do not need it.
Variable transpose(const Variable& x);

}  // namespace gradus::inline GRADUS_PRECISION
