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

/// The length of the panels that a side of C is cut into: whole tiles, as many panels as wanted or, where they would be
/// longer than `longest`, more.
Index panel_length(Index side, Index panels, Index tile, Index longest) {
  const Index tiles = (side / panels + tile - 1) / tile;
  return tile * std::clamp<Index>(tiles, 1, longest / tile);
}

struct PanelSize {
  Index height;
  Index width;
};

/// The longer side gets enough panels for 16 threads; OpenBLAS, which copies the other operand for each, gets four.
PanelSize panel_size(Index m, Index n, bool by_blas) {
  const bool rows_are_more = m >= n;
  if (by_blas) {
    constexpr Index tile = 16;
    return rows_are_more ? PanelSize{panel_length(m, 4, tile, m), n} : PanelSize{m, panel_length(n, 4, tile, n)};
  }
  const Index height = 2 * gemm_tile_height();
  const Index width = gemm_tile_width(m);
  constexpr Index longest = gemm_longest_panel;
  return {panel_length(m, rows_are_more ? 16 : 1, height, longest),
          panel_length(n, rows_are_more ? 1 : 16, width, longest)};
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
