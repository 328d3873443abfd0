#include <gradus/core/kernels/gemm.h>

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <utility>

// C is computed in tiles that fit the vector registers: a block of k at a time, and down a strip of C as wide as a
// tile. All tiles of a strip read the same strip of B, which is copied so that it stays in the first-level cache; the
// first tile copies it while computing. A is copied if its rows are far apart (Goto and van de Geijn, Anatomy of
// High-Performance Matrix Multiplication).
namespace gradus::inline GRADUS_PRECISION {

namespace {

constexpr Index block = 256;  // of k
// Not a power of 2, which would map all rows of a copied block to the same few sets of the caches.
constexpr Index block_stride = block + 64 / static_cast<Index>(sizeof(Real));

/// Exchanges the upper right and the lower left squares of two rows; returns the upper or the lower row.
template <Index size, bool upper, std::size_t... lane>
Vector exchanged(Vector first, Vector second, std::index_sequence<lane...>) {
  constexpr auto source = [](std::size_t to) {
    const Index i = static_cast<Index>(to);
    const bool right = (i & size) != 0;
    return static_cast<int>(upper ? (right ? i - size + lanes : i) : (right ? i + lanes : i + size));
  };
  return __builtin_shufflevector(first, second, source(lane)...);
}

/// Transposes by exchanging squares of `size` elements, then of 2 `size`, and so on.
template <Index size>
void exchange_squares(Vector (&row)[lanes]) {
  if constexpr (size < lanes) {
    constexpr auto all_lanes = std::make_index_sequence<lanes>();
#pragma GCC unroll 16
    for (Index i = 0; i < lanes; ++i) {
      if ((i & size) != 0) continue;
      const Vector first = row[i];
      const Vector second = row[i + size];
      row[i] = exchanged<size, true>(first, second, all_lanes);
      row[i + size] = exchanged<size, false>(first, second, all_lanes);
    }
    exchange_squares<2 * size>(row);
  }
}

/// Transposes a square of `lanes` rows and columns.
void transpose_square(const Real* from, Index from_stride, Real* to, Index to_stride) {
  alignas(vector_bytes) Vector row[lanes];  // clang takes the reference below for aligned to a whole vector
#pragma GCC unroll 16
  for (Index i = 0; i < lanes; ++i) row[i] = load(from + i * from_stride);
  exchange_squares<1>(row);
#pragma GCC unroll 16
  for (Index i = 0; i < lanes; ++i) store(to + i * to_stride, row[i]);
}

/// Copies the strip B[depth, columns] of a B with k rows to `to`, with `width` elements per row. Elements beyond the
/// columns are unspecified; they are not used.
void copy_strip(const MatrixView& b, Index k, Range depth, Range columns, Real* to, Index width) {
  const Index full = columns.size() / lanes * lanes;
  if (b.column_stride == 1) {
    // A vector that extends beyond the last column reads from the next rows, which must exist.
    const Index beyond = width - columns.size();
    const Index readable = beyond == 0 ? k : k - (beyond + b.row_stride - 1) / b.row_stride;
    for (Index i = depth.begin; i < depth.end; ++i, to += width) {
      const Real* from = b.at(i, columns.begin);
      const Index whole = i < readable ? width : full;
      for (Index j = 0; j < whole; j += lanes) store(to + j, load(from + j));
      for (Index j = whole; j < columns.size(); ++j) to[j] = from[j];
    }
    return;
  }
  for (Index j = 0; j < width; j += lanes) {
    Index i = 0;
    if (j < full) {
      for (; i + lanes <= depth.size(); i += lanes) {
        transpose_square(b.at(depth.begin + i, columns.begin + j), b.column_stride, to + i * width + j, width);
      }
    }
    for (; i < depth.size(); ++i) {
      for (Index l = j; l < std::min(j + lanes, columns.size()); ++l) {
        to[i * width + l] = *b.at(depth.begin + i, columns.begin + l);
      }
    }
  }
}

/// Calls body(columns, vectors) for strips of `max_vectors` vectors, the last ones narrower.
template <class Body>
void for_strips(Range columns, Index max_vectors, Body body) {
  for (Index begin = columns.begin; begin < columns.end;) {
    Index vectors = max_vectors;
    while (vectors > 1 && vectors * lanes > columns.end - begin) vectors /= 2;
    body(Range{begin, std::min(columns.end, begin + vectors * lanes)}, vectors);
    begin += vectors * lanes;
  }
}

/// A copy of a block of A, with its rows close together.
MatrixView copy_block(const MatrixView& a, Range rows, Range depth, Real* to) {
  for (Index row = rows.begin; row < rows.end; ++row) {
    std::copy_n(a.at(row, depth.begin), depth.size(), to + (row - rows.begin) * block_stride);
  }
  return {to, block_stride, 1};
}

}  // namespace

// With fewer rows it takes more columns to keep the arithmetic units busy.
Index gemm_tile_width(Index rows) { return lanes * (rows == 1 ? 8 : rows <= 3 ? 4 : usual_vectors); }

void gemm(const MatrixView& a, const MatrixView& b, Index k, Range rows, Range columns, Real* c, Index c_stride,
          Destination destination) {
  assert(rows.size() <= gemm_max_panel && columns.size() <= gemm_max_panel);
  alignas(64) thread_local Real strip_copy[block * 8 * lanes];
  alignas(64) thread_local Real a_copy[gemm_max_panel * block_stride];
  const Index tiles = count_pieces(rows.size(), tile_rows);
  const Index max_vectors = gemm_tile_width(rows.size()) / lanes;
  const bool by_columns = a.column_stride == 1;
  const Index a_stride = std::max(a.row_stride, a.column_stride);
  // Rows 2 KB or more apart share few sets of the caches; each is read once for a strip, which must be many to pay for
  // a copy. Columns need none: each is read once per tile.
  const bool a_is_copied = by_columns && tiles > 1 && columns.size() > 4 * max_vectors * lanes &&
                           a_stride * static_cast<Index>(sizeof(Real)) >= 2048;
  const bool streams = destination == Destination::memory && k <= block && c_stride % lanes == 0 &&
                       reinterpret_cast<std::uintptr_t>(c + columns.begin) % vector_bytes == 0;
  for (Index p = 0; p < k; p += block) {
    const Range depth{p, std::min(k, p + block)};
    const MatrixView a_block = a_is_copied ? copy_block(a, rows, depth, a_copy)
                                           : MatrixView{a.at(rows.begin, p), a.row_stride, a.column_stride};
    for_strips(columns, max_vectors, [&](Range strip, Index vectors) {
      const Index width = vectors * lanes;
      const bool whole = strip.size() == width;
      const bool by_rows = b.column_stride == 1;
      bool copies = tiles > 2 && by_rows && whole && vectors == usual_vectors;  // the first tile does
      const Real* b_strip = b.at(p, strip.begin);
      Index b_stride = b.row_stride;
      const auto use_copy = [&] {
        b_strip = strip_copy;
        b_stride = width;
      };
      if (!copies && (tiles > 2 || !by_rows || !whole)) {
        copy_strip(b, k, depth, strip, strip_copy, width);
        use_copy();
      }
      for (Index tile = 0; tile < tiles; ++tile) {
        const Index first = rows.size() * tile / tiles;
        const Index end = rows.size() * (tile + 1) / tiles;
        tile_function(vectors, by_columns, copies, end - first)(
            a_block.at(first, 0), a_is_copied ? block_stride : a_stride, b_strip, b_stride, Inner{depth.size()},
            Tile{c + (rows.begin + first) * c_stride + strip.begin, c_stride, strip.size(), p > 0, streams},
            strip_copy);
        if (copies) {
          copies = false;
          use_copy();
        }
      }
    });
  }
  if (streams) wait_for_streams();
}

}  // namespace gradus::inline GRADUS_PRECISION
