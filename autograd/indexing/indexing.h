#pragma once

#include <gradus/autograd/variable.h>

#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Joins variables along an axis. Throws ShapeError unless all other sizes agree, ValueError without parts.
Variable concatenate(const std::vector<Variable>& parts, int axis = 0);

/// The elements [begin, end) along an axis. Throws ShapeError for a range outside.
Variable slice(const Variable& x, int axis, Index begin, Index end);

/// The rows [begin, end): a slice of the first axis, whose value is a view.
Variable rows(const Variable& x, Index begin, Index end);

/// One column per row: y[n] = x[n, labels[n]], for x (N, K) and class indices (N). Throws ValueError for a label
/// outside 0 ... K-1.
Variable gather(const Variable& x, const Tensor& labels);

}  // namespace gradus::inline GRADUS_PRECISION
