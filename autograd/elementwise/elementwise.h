#pragma once

#include <gradus/autograd/variable.h>

namespace gradus::inline GRADUS_PRECISION {

// Functions element by element. `maximum` broadcasts as numpy does, and throws ShapeError if the shapes do not.

/// The larger of two elements; equal elements get half of the gradient each.
Variable maximum(const Variable& a, const Variable& b);

Variable square(const Variable& x);
/// Square root; the derivative at 0 is infinite.
Variable sqrt(const Variable& x);
Variable exp(const Variable& x);
/// Natural logarithm.
Variable log(const Variable& x);
/// x^exponent; the derivative is exponent x^(exponent - 1), and 0 for exponent 0.
Variable pow(const Variable& x, Real exponent);
/// |x|; the derivative at 0 is 0.
Variable abs(const Variable& x);

}  // namespace gradus::inline GRADUS_PRECISION
