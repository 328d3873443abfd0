#pragma once

#include <gradus/core/tensor.h>

namespace gradus::inline GRADUS_PRECISION {

enum class Transpose { no, yes };

/// C = op(A) op(B), where op(A) is (m, k) and op(B) is (k, n), all row-major: A is stored (m, k), or (k, m) if it is to
/// be transposed. Cut by shape alone, into panels of C or slices of k, so that the result is the same for any number of
/// threads.
void multiply(Transpose transpose_a, Transpose transpose_b, Index m, Index n, Index k, const Real* a, const Real* b,
              Real* c);

/// The product of two matrices, either of them transposed. Throws ShapeError, with `context`, unless the sizes fit.
Tensor matrix_product(std::string_view context, const Tensor& a, const Tensor& b, Transpose transpose_a = Transpose::no,
                      Transpose transpose_b = Transpose::no);

/// The BLAS that is linked: "OpenBLAS 0.3.21 (OpenMP flavour), kernel Haswell".
std::string blas_description();

}  // namespace gradus::inline GRADUS_PRECISION
