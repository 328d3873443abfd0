#pragma once

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

enum class Transpose { no, yes };

/// C = op(A) op(B), where op(A) is (m, k) and op(B) is (k, n), all row-major: A is stored as (m, k), or as (k, m) to be
/// transposed. The work is split by shape alone, into panels of C or slices of k, so the result has the same bits for
/// any number of threads.
void multiply(Transpose transpose_a, Transpose transpose_b, Index m, Index n, Index k, const Real* a, const Real* b,
              Real* c);

/// The product of two matrices, each optionally transposed. Throws ShapeError with [context] unless the sizes fit.
Tensor matrix_product(std::string_view context, const Tensor& a, const Tensor& b, Transpose transpose_a = Transpose::no,
                      Transpose transpose_b = Transpose::no);

}  // namespace gradus::inline GRADUS_PRECISION
