#include <gradus/core/matmul.h>

#include <gradus/core/parallel.h>

#include <cblas.h>
#include <omp.h>

#include <algorithm>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// While alive, OpenBLAS's OpenMP flavour calculates on the calling thread alone: it takes as many threads as OpenMP
/// would, and its order of additions depends on their number.
class OneBlasThread {
 public:
  OneBlasThread() { omp_set_num_threads(1); }
  ~OneBlasThread() { omp_set_num_threads(before_); }
  OneBlasThread(const OneBlasThread&) = delete;
  OneBlasThread& operator=(const OneBlasThread&) = delete;

 private:
  int before_ = omp_get_max_threads();
};

void gemm(Transpose ta, Transpose tb, Index m, Index n, Index k, const Real* a, Index lda, const Real* b, Index ldb,
          Real* c, Index ldc) {
  const OneBlasThread alone;
  const auto blas = [](Transpose t) { return t == Transpose::yes ? CblasTrans : CblasNoTrans; };
  const auto size = [](Index i) { return static_cast<blasint>(i); };
#ifdef GRADUS_DOUBLE
  cblas_dgemm(CblasRowMajor, blas(ta), blas(tb), size(m), size(n), size(k), 1, a, size(lda), b, size(ldb), 0, c,
              size(ldc));
#else
  cblas_sgemm(CblasRowMajor, blas(ta), blas(tb), size(m), size(n), size(k), 1, a, size(lda), b, size(ldb), 0, c,
              size(ldc));
#endif
}

}  // namespace

void multiply(Transpose ta, Transpose tb, Index m, Index n, Index k, const Real* a, const Real* b, Real* c) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    std::fill_n(c, m * n, Real{0});
    return;
  }
  const Index lda = ta == Transpose::yes ? m : k;
  const Index ldb = tb == Transpose::yes ? k : n;
  // Panels along the longer side of C, in multiples of the micro-kernels' width.
  constexpr double nanoseconds_per_product = 0.015;
  const bool by_rows = m >= n;
  const Index side = by_rows ? m : n;
  constexpr Index width = 16;
  const Index strips = (side + width - 1) / width;
  const double cost =
      nanoseconds_per_product * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  parallel_for(strips, cost / static_cast<double>(strips), [&](Index first, Index last) {
    const Index begin = first * width;
    const Index end = std::min(side, last * width);
    if (by_rows) {
      const Real* rows = ta == Transpose::yes ? a + begin : a + begin * k;
      gemm(ta, tb, end - begin, n, k, rows, lda, b, ldb, c + begin * n, n);
    } else {
      const Real* columns = tb == Transpose::yes ? b + begin * k : b + begin;
      gemm(ta, tb, m, end - begin, k, a, lda, columns, ldb, c + begin, n);
    }
  });
}

Tensor matrix_product(std::string_view place, const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
  check<ShapeError>(a.shape().rank() == 2 && b.shape().rank() == 2, "[{}] expected two matrices, got shapes {} and {}",
                    place, a.shape(), b.shape());
  const Index m = a.shape()[ta == Transpose::yes ? 1 : 0];
  const Index k = a.shape()[ta == Transpose::yes ? 0 : 1];
  const Index n = b.shape()[tb == Transpose::yes ? 0 : 1];
  check<ShapeError>(k == b.shape()[tb == Transpose::yes ? 1 : 0],
                    "[{}] expected matrices whose inner sizes agree, got shapes {} and {}", place, a.shape(),
                    b.shape());
  Tensor c = Tensor::empty({m, n});
  multiply(ta, tb, m, n, k, a.data(), b.data(), c.data());
  return c;
}

std::string openblas_description() {
  constexpr int openmp = 2;
  return fmt::format("{} ({} flavour), kernel {}", openblas_get_config(),
                     openblas_get_parallel() == openmp ? "OpenMP"
                     : openblas_get_parallel() == 1    ? "pthread"
                                                       : "serial",
                     openblas_get_corename());
}

}  // namespace gradus::inline GRADUS_PRECISION
