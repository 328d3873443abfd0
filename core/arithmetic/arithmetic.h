#pragma once

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

// Arithmetic of tensors, without a tape. Elementwise, with numpy's broadcasting; a number broadcasts like a tensor of
// one element. Throw ShapeError if the shapes do not broadcast, and for an empty tensor.

Tensor operator+(const Tensor& a, const Tensor& b);
Tensor operator-(const Tensor& a, const Tensor& b);
Tensor operator*(const Tensor& a, const Tensor& b);
Tensor operator/(const Tensor& a, const Tensor& b);
Tensor operator+(const Tensor& a, Real b);
Tensor operator+(Real a, const Tensor& b);
Tensor operator-(const Tensor& a, Real b);
Tensor operator-(Real a, const Tensor& b);
Tensor operator*(const Tensor& a, Real b);
Tensor operator*(Real a, const Tensor& b);
Tensor operator/(const Tensor& a, Real b);
Tensor operator/(Real a, const Tensor& b);
Tensor operator-(const Tensor& x);

}  // namespace gradus::inline GRADUS_PRECISION
