#pragma once  // internal

#include <gradus/core/real.h>

#include <functional>
#include <string_view>

namespace gradus::inline GRADUS_PRECISION {

/// Whether a kernel of OpenBLAS of this name ("Haswell") has vectors as wide as those that gradus was compiled for. An
/// OpenBLAS that is older than the processor takes one for older processors, such as "Prescott" with SSE3.
bool is_wide_kernel(std::string_view name);

/// c = a b of row-major matrices (m, k) and (k, n).
using MatrixProduct = std::function<void(Index m, Index n, Index k, const Real* a, const Real* b, Real* c)>;

/// Compares products of a few odd shapes with the plain loop, in microseconds; the numbers are integers, so that any
/// order of additions gives the same. Throws StateError, with the name of the product and the cure, if one is wrong.
void check_product(std::string_view name, std::string_view cure, const MatrixProduct& product);

}  // namespace gradus::inline GRADUS_PRECISION
