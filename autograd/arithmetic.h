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

/// The same value as a constant: no gradient flows back through it.
Variable stop_gradient(const Variable& x);

}  // namespace gradus::inline GRADUS_PRECISION
