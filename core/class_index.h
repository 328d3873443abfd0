#pragma once

#include <gradus/core/tensor.h>

#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// The label of a row as a class index. Throws ValueError with [context] unless it is one of 0 ... classes-1.
Index class_index(std::string_view context, const Tensor& labels, Index row, Index classes);

}  // namespace gradus::inline GRADUS_PRECISION
