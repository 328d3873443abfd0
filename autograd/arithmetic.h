#pragma once

#include <gradus/autograd/variable.h>

namespace gradus::inline GRADUS_PRECISION {

// Elementwise, with numpy's broadcasting; a number broadcasts like a tensor of one element.
// Throws ShapeError if the shapes do not broadcast.

Variable operator+(const Variable& a, const Variable& b);
Variable operator-(const Variable& a, const Variable& b);
Variable operator*(const Variable& a, const Variable& b);
Variable operator/(const Variable& a, const Variable& b);
Variable operator+(const Variable& a, Real b);
Variable operator+(Real a, const Variable& b);
Variable operator-(const Variable& a, Real b);
Variable operator-(Real a, const Variable& b);
Variable operator*(const Variable& a, Real b);
Variable operator*(Real a, const Variable& b);
Variable operator/(const Variable& a, Real b);
Variable operator/(Real a, const Variable& b);
Variable operator-(const Variable& x);

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

/// The same value as a constant: no gradient flows back through it.
Variable stop_gradient(const Variable& x);

}  // namespace gradus::inline GRADUS_PRECISION
