#pragma once

#include <gradus/autograd/variable.h>

namespace gradus::inline GRADUS_PRECISION {

struct ActivationFunction;

/// The product of two matrices (N, K) and (K, M). Throws ShapeError unless both have two axes and the inner sizes
/// agree.
Variable matmul(const Variable& a, const Variable& b);

/// The same elements in row-major order, with another shape of equal size. Throws ShapeError unless the sizes agree.
Variable reshape(const Variable& x, const Shape& shape);

/// y = activation(x kernel + bias), fused: x (N, I), kernel (I, O), bias (O) or undefined; no activation if null.
/// Throws ShapeError unless the sizes agree.
Variable linear(const Variable& x, const Variable& kernel, const Variable& bias = {},
                const ActivationFunction* activation = nullptr);

}  // namespace gradus::inline GRADUS_PRECISION
