#pragma once

#include <gradus/autograd/reductions/axes.h>
#include <gradus/autograd/variable.h>

namespace gradus::inline GRADUS_PRECISION {

// Over the given axes, which are kept with size 1 or dropped; without axes, over all elements to a scalar.
// Throws ShapeError for an axis that does not exist.

Variable sum(const Variable& x, const Axes& axes, KeepDims keep = KeepDims::no);
Variable sum(const Variable& x);

Variable mean(const Variable& x, const Axes& axes, KeepDims keep = KeepDims::no);
Variable mean(const Variable& x);

/// The maximum; equal maxima share its gradient equally.
Variable max(const Variable& x, const Axes& axes, KeepDims keep = KeepDims::no);
Variable max(const Variable& x);

/// Biased variance: mean((x - mean(x))^2).
Variable variance(const Variable& x, const Axes& axes, KeepDims keep = KeepDims::no);
Variable variance(const Variable& x);

}  // namespace gradus::inline GRADUS_PRECISION
