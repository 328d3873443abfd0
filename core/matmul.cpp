#include <gradus/core/matmul.h>

#include <gradus/core/kernels/gemm.h>
#include <gradus/core/kernels/product_check.h>
#include <gradus/core/parallel.h>

#include <cblas.h>
#include <omp.h>

#include <algorithm>
#include <limits>

namespace gradus::inline GRADUS_PRECISION {

namespace {

/// While alive, limits the OpenMP flavour of OpenBLAS to the calling thread. OpenBLAS would use as many threads as
/// OpenMP, and its order of additions depends on their number.
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

/// OpenBLAS is used if m, n and k are all at least this. It packs both operands for the caches, so it is as fast as our
/// own tiles only if no side is short. It uses the vector instructions of the machine it runs on; our tiles use those
/// they were compiled for.
#ifdef __AVX__
constexpr Index min_blas_side = 1024;
#else
constexpr Index min_blas_side = 16;
#endif

/// Whether OpenBLAS is used at all. The first call of the process tries all products: a wrong one must not train.
bool uses_blas() {
  static const bool wide = [] {
    check_product("gradus", "compile with -DGRADUS_NATIVE=OFF",
                  [](Index m, Index n, Index k, const Real* a, const Real* b, Real* c) {
                    gemm({a, k, 1}, {b, n, 1}, k, {0, m}, {0, n}, c, n);
                  });
#ifdef GRADUS_OPENBLAS
    const std::string_view kernel = openblas_get_corename();
#else
    const std::string_view kernel = "Zen";  // of another library, which is taken to know the processor
#endif
    if (!is_wide_kernel(kernel)) return false;
    check_product(fmt::format("the BLAS (kernel {})", kernel), "set OPENBLAS_CORETYPE=Haswell, or update OpenBLAS",
                  [](Index m, Index n, Index k, const Real* a, const Real* b, Real* c) {
                    blas_gemm(Transpose::no, Transpose::no, {0, m}, {0, n}, {a, k, 1}, {b, n, 1}, k, c, n);
                  });
    return true;
  }();
  return wide;
}

constexpr Index max_blas_side = std::numeric_limits<blasint>::max();

struct PanelSize {
  Index height;
  Index width;
};

/// Panels that fit the caches. If these are fewer than 8, the longer side is split further, into about 16 panels in
/// all. OpenBLAS, which packs the other operand for each panel, gets 4.
PanelSize panel_size(Index m, Index n, bool by_blas) {
  const Index max_length = by_blas ? std::max(m, n) : gemm_max_panel;
  const Index wanted = by_blas ? 4 : 16;
  Index down = count_pieces(m, max_length);
  Index across = count_pieces(n, max_length);
  if (down * across < wanted / 2) {
    if (m >= n) {
      down = count_pieces(wanted, across);
    } else {
      across = count_pieces(wanted, down);
    }
  }
  const auto length = [&](Index side, Index panels, Index tile) {
    const Index even = count_pieces(side, panels);
    const Index whole_tiles = tile * count_pieces(even, tile);
    return whole_tiles <= max_length ? whole_tiles : even;
  };
  if (by_blas) return {length(m, down, 16), length(n, across, 16)};
  return {length(m, down, 2 * tile_rows), length(n, across, gemm_tile_width(m))};
}

/// Calls body(rows, columns) for the panels [first, last) of C.
template <class Body>
void for_panels(Index m, Index n, PanelSize size, Index first, Index last, Body body) {
  const Index across = count_pieces(n, size.width);
  for (Index panel = first; panel < last; ++panel) {
    const Index top = panel / across * size.height;
    const Index left = panel % across * size.width;
    body(Range{top, std::min(m, top + size.height)}, Range{left, std::min(n, left + size.width)});
  }
}

Index panel_count(Index m, Index n, PanelSize size) {
  return count_pieces(m, size.height) * count_pieces(n, size.width);
}

double cost_of(Index m, Index n, Index k) {
  return nanoseconds_per_product * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
}

constexpr Index slices = 4;

/// Whether to split k instead of C: for few samples and weights that fit the second-level caches. Each thread then
/// reads the rows of the weights whose gradients it computes and which it updates, instead of columns from all caches.
bool is_sliced(Transpose tb, Index m, Index n, Index k) {
  constexpr Index max_weights = 512 * 1024;
  constexpr double min_nanoseconds = 20'000;
  return tb == Transpose::no && slices * m <= k && n <= gemm_max_panel && k * n <= max_weights &&
         cost_of(m, n, k) >= min_nanoseconds;
}

/// C as the sum of the products of slices of k, added in order.
void multiply_slices(const MatrixView& a, const MatrixView& b, Index m, Index n, Index k, Real* c) {
  Tensor parts = Tensor::empty({slices, m, n});
  Real* const part = parts.data();
  const PanelSize size{gemm_max_panel, gemm_max_panel};
  parallel_for(slices, cost_of(m, n, k) / slices, [&](Index first, Index last) {
    for (Index slice = first; slice < last; ++slice) {
      const Range depth{k * slice / slices, k * (slice + 1) / slices};
      const MatrixView a_slice{a.at(0, depth.begin), a.row_stride, a.column_stride};
      const MatrixView b_slice{b.at(depth.begin, 0), b.row_stride, b.column_stride};
      for_panels(m, n, size, 0, panel_count(m, n, size), [&](Range rows, Range columns) {
        gemm(a_slice, b_slice, depth.size(), rows, columns, part + slice * m * n, n);
      });
    }
  });
  constexpr double nanoseconds_per_sum = 0.2;
  parallel_for(m * n, nanoseconds_per_sum, [&](Index begin, Index end) {
#pragma omp simd
    for (Index i = begin; i < end; ++i) {
      Real sum = part[i];
      for (Index slice = 1; slice < slices; ++slice) sum += part[slice * m * n + i];
      c[i] = sum;
    }
  });
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
  const bool by_blas = uses_blas() && std::min({m, n, k}) >= min_blas_side && std::max({m, n, k}) <= max_blas_side;
  if (!by_blas && is_sliced(tb, m, n, k)) {
    multiply_slices(left, right, m, n, k, c);
    return;
  }
  const PanelSize size = panel_size(m, n, by_blas);
  constexpr Index min_streamed = 4 << 20;  // bytes, more than the caches hold
  const bool large = ta == Transpose::yes && m * n * static_cast<Index>(sizeof(Real)) >= min_streamed;
  const Destination destination = large ? Destination::memory : Destination::cache;
  const Index panels = panel_count(m, n, size);
  parallel_for(panels, cost_of(m, n, k) / static_cast<double>(panels), [&](Index first, Index last) {
    for_panels(m, n, size, first, last, [&](Range rows, Range columns) {
      if (by_blas) {
        blas_gemm(ta, tb, rows, columns, left, right, k, c, n);
      } else {
        gemm(left, right, k, rows, columns, c, n, destination);
      }
    });
  });
}

Tensor matrix_product(std::string_view context, const Tensor& a, const Tensor& b, Transpose ta, Transpose tb) {
  check<ShapeError>(a.shape().rank() == 2 && b.shape().rank() == 2, "[{}] expected two matrices, got shapes {} and {}",
                    context, a.shape(), b.shape());
  const Index m = a.shape()[ta == Transpose::yes ? 1 : 0];
  const Index k = a.shape()[ta == Transpose::yes ? 0 : 1];
  const Index n = b.shape()[tb == Transpose::yes ? 0 : 1];
  check<ShapeError>(k == b.shape()[tb == Transpose::yes ? 1 : 0],
                    "[{}] expected matrices whose inner sizes agree, got shapes {} and {}", context, a.shape(),
                    b.shape());
  Tensor c = Tensor::empty({m, n});
  multiply(ta, tb, m, n, k, a.data(), b.data(), c.data());
  return c;
}

}  // namespace gradus::inline GRADUS_PRECISION
