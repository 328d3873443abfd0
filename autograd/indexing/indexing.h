#pragma once

#include <gradus/autograd/variable.h>

#include <vector>

namespace gradus::inline GRADUS_PRECISION {

/// Variables one after the other along an axis; all other sizes must agree.
Variable concatenate(const std::vector<Variable>& parts, int axis = 0);

/// The part [begin, end) of an axis.
Variable slice(const Variable& x, int axis, Index begin, Index end);

/// The rows [begin, end): a slice of the first axis. The value is a view.
Variable rows(const Variable& x, Index begin, Index end);

/// One column per row: y[n] = x[n, labels[n]], for x (N, K) and class indices (N). Throws ValueError for an index that
/// is not one of 0 ... K-1.
Variable gather(const Variable& x, const Tensor& labels);

}  // namespace gradus::inline GRADUS_PRECISION
