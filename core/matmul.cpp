#include <gradus/core/matmul.h>

#include <gradus/core/kernels/gemm.h>
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

void blas_gemm(Transpose ta, Transpose tb, Range rows, Range columns, const MatrixView& a, const MatrixView& b, Index k,
               Real* c, Index c_stride) {
  const OneBlasThread alone;
  const auto blas = [](Transpose t) { return t == Transpose::yes ? CblasTrans : CblasNoTrans; };
  const auto size = [](Index i) { return static_cast<blasint>(i); };
  const auto stride = [&](const MatrixView& x) { return size(std::max(x.row_stride, x.column_stride)); };
#ifdef GRADUS_DOUBLE
  const auto call = cblas_dgemm;
#else
  const auto call = cblas_sgemm;
#endif
  call(CblasRowMajor, blas(ta), blas(tb), size(rows.size()), size(columns.size()), size(k), 1, a.at(rows.begin, 0),
       stride(a), b.at(0, columns.begin), stride(b), 0, c + rows.begin * c_stride + columns.begin, size(c_stride));
}

/// The shortest side from which OpenBLAS does the work. It copies both operands to suit the caches, so it is as fast as
/// our own tiles where no side is short; and it uses the vectors of the machine it runs on, our tiles only those that
/// they were compiled for.
#ifdef __AVX__
constexpr Index blas_from = 1024;
#else
constexpr Index blas_from = 16;
#endif

struct PanelSize {
  Index height;
  Index width;
};

/// As small as the caches want them; where that makes less than 8 panels, the longer side is cut into what 16 threads
/// want. OpenBLAS, which copies the other operand for each, gets four.
PanelSize panel_size(Index m, Index n, bool by_blas) {
  const auto pieces = [](Index side, Index longest) { return (side + longest - 1) / longest; };
  const Index most = by_blas ? std::max(m, n) : gemm_longest_panel;
  const Index wanted = by_blas ? 4 : 16;
  Index down = pieces(m, most);
  Index across = pieces(n, most);
  if (down * across < wanted / 2) (m >= n ? down : across) = pieces(wanted, m >= n ? across : down);
  const auto length = [&](Index side, Index panels, Index tile) {
    const Index even = pieces(side, panels);
    const Index whole_tiles = tile * pieces(even, tile);
    return whole_tiles <= most ? whole_tiles : even;
  };
  if (by_blas) return {length(m, down, 16), length(n, across, 16)};
  return {length(m, down, 2 * gemm_tile_height()), length(n, across, gemm_tile_width(m))};
}

}  // namespace

void multiply(Transpose ta, Transpose tb, Index m, Index n, Index k, const Real* a, const Real* b, Real* c) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    std::fill_n(c, m * n, Real{0});
    return;
  }
  const MatrixView left = ta == Transpose::yes ? MatrixView{a, 1, m} : MatrixView{a, k, 1};
  const MatrixView right = tb == Transpose::yes ? MatrixView{b, 1, k} : MatrixView{b, n, 1};
  const bool by_blas = std::min({m, n, k}) >= blas_from;
  const auto [height, width] = panel_size(m, n, by_blas);
  const Index panels_across = (n + width - 1) / width;
  const Index panels = panels_across * ((m + height - 1) / height);
  constexpr double nanoseconds_per_product = 0.015;
  const double cost =
      nanoseconds_per_product * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  parallel_for(panels, cost / static_cast<double>(panels), [&](Index first, Index last) {
    for (Index panel = first; panel < last; ++panel) {
      const Index top = panel / panels_across * height;
      const Index start = panel % panels_across * width;
      const Range rows{top, std::min(m, top + height)};
      const Range columns{start, std::min(n, start + width)};
      if (by_blas) {
        blas_gemm(ta, tb, rows, columns, left, right, k, c, n);
      } else {
        gemm(left, right, k, rows, columns, c, n);
      }
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
