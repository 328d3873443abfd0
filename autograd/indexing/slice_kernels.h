#pragma once  // internal

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

/// Copies between a tensor and the part [begin, begin + n) of an axis of a larger one, where n is the smaller tensor's
/// size along that axis. The other axes agree.
void copy_slice_out(const Tensor& whole, Tensor& part, int axis, Index begin);
void copy_slice_in(const Tensor& part, Tensor& whole, int axis, Index begin);

}  // namespace gradus::inline GRADUS_PRECISION
