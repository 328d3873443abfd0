#pragma once  // internal

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// y = x mask / (1 - rate), where each element of the mask is 0 with probability `rate`, else 1. The mask is a function
/// of key and position, so it is not stored: the same call on dy is the backward pass.
Tensor drop(const Tensor& x, double rate, RandomKey key);

}  // namespace gradus::inline GRADUS_PRECISION
