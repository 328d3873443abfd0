#pragma once  // internal

#include <gradus/core/kernels/tile.h>

namespace gradus::inline GRADUS_PRECISION {

/// A matrix with strides, one of which is 1: element (i, j) is data[i row_stride + j column_stride].
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

/// Maximum rows and columns of a panel, so that its operands stay in the second-level cache.
constexpr Index gemm_max_panel = 256;

/// The width of the tiles of a product with `rows` rows. Panels should consist of whole tiles, which are `tile_rows`
/// high.
Index gemm_tile_width(Index rows);

/// Whether results stay in the caches, or bypass them because they are not read soon. They bypass them only if they are
/// aligned and k is a single block.
enum class Destination { cache, memory };

/// C = A B for some rows and columns of C, at most `gemm_max_panel` of each. C is row-major with `c_stride` elements
/// from row to row; k is the inner size. Every element adds its products in the same order in any panel, so a product
/// can be split anywhere without changing a bit.
void gemm(const MatrixView& a, const MatrixView& b, Index k, Range rows, Range columns, Real* c, Index c_stride,
          Destination destination = Destination::cache);

}  // namespace gradus::inline GRADUS_PRECISION
