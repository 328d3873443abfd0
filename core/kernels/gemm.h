#pragma once  // internal

#include <gradus/core/real.h>

namespace gradus::inline GRADUS_PRECISION {

/// A matrix seen through strides, one of which is 1: element (i, j) is data[i row_stride + j column_stride].
struct MatrixView {
  const Real* data;
  Index row_stride;
  Index column_stride;

  const Real* at(Index i, Index j) const { return data + i * row_stride + j * column_stride; }
};

/// A range of rows or columns.
struct Range {
  Index begin;
  Index end;

  Index size() const { return end - begin; }
};

/// The most rows and columns of a panel: its operands stay in the second-level cache.
constexpr Index gemm_max_panel = 256;

/// The height and width of the tiles in which a product of so many rows is worked out: panels had better hold whole
/// ones.
Index gemm_tile_height();
Index gemm_tile_width(Index rows);

/// Where results are wanted next: soon, or so much later that no cache would still hold them. (Then gemm writes them
/// past the caches, as far as they are aligned and k is one block.)
enum class Destination { cache, memory };

/// C = A B for some rows and columns of C, at most `gemm_max_panel` of each, which is row-major with `c_stride`
/// elements from row to row; k is the inner size. Every element adds its products in the same order, wherever it lies
/// in whatever panel, so a product may be cut at will without changing a bit.
void gemm(const MatrixView& a, const MatrixView& b, Index k, Range rows, Range columns, Real* c, Index c_stride,
          Destination destination = Destination::cache);

}  // namespace gradus::inline GRADUS_PRECISION
