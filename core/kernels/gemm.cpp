#include <gradus/core/kernels/gemm.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <type_traits>
#include <utility>

// C is worked on in tiles that fit the vector registers. A block of k at a time, B is copied to strips, each as wide as
// a tile, so that all tiles of a column of C read one strip from the first-level cache; A is copied where its rows are
// far apart (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication).
namespace gradus::inline GRADUS_PRECISION {

namespace {

#if defined(__AVX512F__)
constexpr Index vector_bytes = 64;
constexpr Index tile_rows = 14;  // 28 of 32 registers accumulate
#elif defined(__AVX__)
constexpr Index vector_bytes = 32;
constexpr Index tile_rows = 6;  // 12 of 16
#else
constexpr Index vector_bytes = 16;
constexpr Index tile_rows = 6;
#endif
constexpr Index lanes = vector_bytes / static_cast<Index>(sizeof(Real));
constexpr Index block = 256;  // of k
// No power of 2, which would put all rows of a copied block into the same few sets of the caches.
constexpr Index block_stride = block + 64 / static_cast<Index>(sizeof(Real));

using Vector [[gnu::vector_size(vector_bytes), gnu::aligned(alignof(Real)), gnu::may_alias]] = Real;
using Lane = std::conditional_t<sizeof(Real) == 4, std::int32_t, std::int64_t>;
using LaneVector [[gnu::vector_size(vector_bytes)]] = Lane;

Vector load(const Real* from) { return *reinterpret_cast<const Vector*>(from); }
void store(Real* to, Vector v) { *reinterpret_cast<Vector*>(to) = v; }

/// A tile of C: where it is, and how many of its columns exist.
struct Tile {
  Real* data;
  Index stride;
  Index columns;
  bool add;  // to what an earlier block of k left there
};

/// C = A B or C += A B, with A (rows, k) and B (k, vectors of columns). A is read along its stride-1 axis, which is
/// its columns if `by_columns`, otherwise its rows.
template <int rows, int vectors, bool by_columns>
void multiply_tile(const Real* a, Index a_stride, const Real* b, Index b_stride, Index k, const Tile& c) {
  Vector sum[rows][vectors];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sum[r][v] = Vector{};
  }
  for (Index p = 0; p < k; ++p) {
    Vector row[vectors];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) row[v] = load(b + p * b_stride + v * lanes);
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
      const Real factor = by_columns ? a[r * a_stride + p] : a[p * a_stride + r];
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) sum[r][v] += factor * row[v];
    }
  }
  if (c.columns == vectors * lanes) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) {
        Real* to = c.data + r * c.stride + v * lanes;
        store(to, c.add ? load(to) + sum[r][v] : sum[r][v]);
      }
    }
    return;
  }
  alignas(vector_bytes) Real results[rows][vectors * lanes];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) store(&results[r][v * lanes], sum[r][v]);
  }
  for (int r = 0; r < rows; ++r) {
    Real* to = c.data + r * c.stride;
    for (Index i = 0; i < c.columns; ++i) to[i] = c.add ? to[i] + results[r][i] : results[r][i];
  }
}

using TileFunction = void (*)(const Real*, Index, const Real*, Index, Index, const Tile&);

/// multiply_tile for 1 to `tile_rows` rows.
template <int vectors, bool by_columns, std::size_t... r>
constexpr std::array<TileFunction, sizeof...(r)> of_all_heights(std::index_sequence<r...>) {
  return {multiply_tile<static_cast<int>(r) + 1, vectors, by_columns>...};
}

template <int vectors, Index rows>
TileFunction tile_function(bool by_columns, Index height) {
  constexpr auto heights = std::make_index_sequence<rows>{};
  static constexpr auto columns = of_all_heights<vectors, true>(heights);
  static constexpr auto along_rows = of_all_heights<vectors, false>(heights);
  return (by_columns ? columns : along_rows)[static_cast<std::size_t>(height - 1)];
}

TileFunction tile_function(Index vectors, bool by_columns, Index height) {
  switch (vectors) {
    case 8:
      return tile_function<8, 1>(by_columns, height);
    case 4:
      return tile_function<4, 3>(by_columns, height);
    case 2:
      return tile_function<2, tile_rows>(by_columns, height);
    default:
      return tile_function<1, tile_rows>(by_columns, height);
  }
}

/// Turns `lanes` rows of as many elements into columns, by exchanging ever larger squares.
void transpose_square(const Real* from, Index from_stride, Real* to, Index to_stride) {
  Vector row[lanes];
#pragma GCC unroll 16
  for (Index i = 0; i < lanes; ++i) row[i] = load(from + i * from_stride);
#pragma GCC unroll 4
  for (Index size = 1; size < lanes; size *= 2) {
    LaneVector upper{};
    LaneVector lower{};
#pragma GCC unroll 16
    for (Index i = 0; i < lanes; ++i) {
      upper[i] = static_cast<Lane>((i & size) != 0 ? i - size + lanes : i);
      lower[i] = static_cast<Lane>((i & size) != 0 ? i + lanes : i + size);
    }
#pragma GCC unroll 16
    for (Index i = 0; i < lanes; ++i) {
      if ((i & size) != 0) continue;
      const Vector first = row[i];
      const Vector second = row[i + size];
      row[i] = __builtin_shuffle(first, second, upper);
      row[i + size] = __builtin_shuffle(first, second, lower);
    }
  }
#pragma GCC unroll 16
  for (Index i = 0; i < lanes; ++i) store(to + i * to_stride, row[i]);
}

/// Copies the strip B[depth, columns] of a B with k rows to `to`, `width` elements a row. What lies beyond the columns
/// is of no account.
void copy_strip(const MatrixView& b, Index k, Range depth, Range columns, Real* to, Index width) {
  const Index full = columns.size() / lanes * lanes;
  if (b.column_stride == 1) {
    // A vector that reaches beyond the last column reads from the rows below, as far as there are any.
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

/// Calls body(columns, vectors) for every strip of some columns: as wide as wanted, the last ones narrower.
template <class Body>
void for_strips(Range columns, Index widest, Body body) {
  for (Index begin = columns.begin; begin < columns.end;) {
    Index vectors = widest;
    while (vectors > 1 && vectors * lanes > columns.end - begin) vectors /= 2;
    body(Range{begin, std::min(columns.end, begin + vectors * lanes)}, vectors);
    begin += vectors * lanes;
  }
}

/// Where the strip that begins with a column stands among the copies of all strips.
Real* copy_of(Real* strips, Range depth, Index column) { return strips + depth.size() * column; }

void copy_strips(const MatrixView& b, Index k, Range depth, Range columns, Index widest, Real* strips) {
  // Where B is stored by rows, some rows at a time, so that each is read on and on.
  const Index rows = b.column_stride == 1 ? 8 : depth.size();
  for (Index i = depth.begin; i < depth.end; i += rows) {
    const Range slice{i, std::min(depth.end, i + rows)};
    for_strips(columns, widest, [&](Range strip, Index vectors) {
      Real* const to = copy_of(strips, depth, strip.begin - columns.begin);
      copy_strip(b, k, slice, strip, to + (i - depth.begin) * vectors * lanes, vectors * lanes);
    });
  }
}

/// Whether rows (or columns) are so far apart that walking over them misses the caches.
bool is_spread(const MatrixView& a) {
  return std::max(a.row_stride, a.column_stride) * static_cast<Index>(sizeof(Real)) >= 2048;
}

/// A block of A, copied to where its rows (or columns, whichever are stored) are close together.
MatrixView copy_block(const MatrixView& a, Range rows, Range depth, Real* to) {
  const bool by_columns = a.column_stride == 1;
  const Index lines = by_columns ? rows.size() : depth.size();
  const Index length = by_columns ? depth.size() : rows.size();
  const Index stride = by_columns ? a.row_stride : a.column_stride;
  for (Index line = 0; line < lines; ++line) {
    std::copy_n(a.at(rows.begin, depth.begin) + line * stride, length, to + line * block_stride);
  }
  return by_columns ? MatrixView{to, block_stride, 1} : MatrixView{to, 1, block_stride};
}

}  // namespace

Index gemm_tile_height() { return tile_rows; }

// The fewer the rows, the more columns it takes to keep the arithmetic units busy.
Index gemm_tile_width(Index rows) { return lanes * (rows == 1 ? 8 : rows <= 3 ? 4 : 2); }

void gemm(const MatrixView& a, const MatrixView& b, Index k, Range rows, Range columns, Real* c, Index c_stride) {
  assert(rows.size() <= gemm_longest_panel && columns.size() <= gemm_longest_panel);
  alignas(64) thread_local Real strips[block * (gemm_longest_panel + lanes)];
  alignas(64) thread_local Real a_copy[gemm_longest_panel * block_stride];
  const Index tiles = (rows.size() + tile_rows - 1) / tile_rows;
  const Index widest = gemm_tile_width(rows.size()) / lanes;
  const bool by_columns = a.column_stride == 1;
  const bool a_is_copied = tiles > 1 && columns.size() > 2 * widest * lanes && is_spread(a);
  const bool b_is_copied = tiles > 2 || b.column_stride != 1;
  for (Index p = 0; p < k; p += block) {
    const Range depth{p, std::min(k, p + block)};
    const MatrixView a_block = a_is_copied ? copy_block(a, rows, depth, a_copy)
                                           : MatrixView{a.at(rows.begin, p), a.row_stride, a.column_stride};
    if (b_is_copied) copy_strips(b, k, depth, columns, widest, strips);
    for_strips(columns, widest, [&](Range strip, Index vectors) {
      const Index width = vectors * lanes;
      const Real* b_strip = b.at(p, strip.begin);
      Index b_stride = b.row_stride;
      if (b_is_copied || strip.size() < width) {
        Real* const copy = copy_of(strips, depth, strip.begin - columns.begin);
        if (!b_is_copied) copy_strip(b, k, depth, strip, copy, width);
        b_strip = copy;
        b_stride = width;
      }
      for (Index tile = 0; tile < tiles; ++tile) {
        const Index first = rows.size() * tile / tiles;
        const Index end = rows.size() * (tile + 1) / tiles;
        tile_function(vectors, by_columns, end - first)(
            a_block.at(first, 0), std::max(a_block.row_stride, a_block.column_stride), b_strip, b_stride, depth.size(),
            Tile{c + (rows.begin + first) * c_stride + strip.begin, c_stride, strip.size(), p > 0});
      }
    });
  }
}

}  // namespace gradus::inline GRADUS_PRECISION
