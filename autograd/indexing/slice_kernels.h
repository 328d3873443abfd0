#pragma once  // internal

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// Copies between `part` and the slice [begin, begin + n) of `whole` along an axis, where n is the size of `part` along
/// that axis. The other sizes are equal.
void copy_slice_out(const Tensor& whole, Tensor& part, int axis, Index begin);
void copy_slice_in(const Tensor& part, Tensor& whole, int axis, Index begin);

}  // namespace gradus::inline GRADUS_PRECISION
