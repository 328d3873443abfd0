#pragma once  // internal

#include <gradus/core/real.h>

#include <algorithm>
#include <cmath>
#include <span>

namespace gradus::inline GRADUS_PRECISION {

/// Whether none is infinite or NaN.
inline bool all_finite(std::span<const Real> values) {
  return std::ranges::all_of(values, [](Real value) { return std::isfinite(value); });
}

}  // namespace gradus::inline GRADUS_PRECISION
