#pragma once

#include <gradus/autograd/variable.h>

namespace gradus::inline GRADUS_PRECISION {

// Elementwise, with numpy's broadcasting. A plain number stands for a tensor of one element.
// Throws ShapeError where shapes do not broadcast.

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

/// The larger of two elements; where they are equal, each gets half of the gradient.
Variable maximum(const Variable& a, const Variable& b);

Variable square(const Variable& x);
/// Square root; infinite derivative at 0.
Variable sqrt(const Variable& x);
Variable exp(const Variable& x);
/// Natural logarithm.
Variable log(const Variable& x);
/// x^exponent; derivative exponent x^(exponent - 1).
Variable pow(const Variable& x, Real exponent);
/// |x|; derivative 0 at 0.
Variable abs(const Variable& x);

/// The same value as a constant: no gradient flows back through it.
Variable stop_gradient(const Variable& x);

}  // namespace gradus::inline GRADUS_PRECISION
