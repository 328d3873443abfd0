#include <gradus/core/kernels/gemm.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdint>
#include <utility>
#ifdef __SSE2__
#include <immintrin.h>
#endif

// C is computed in tiles that fit the vector registers: a block of k at a time, and down a strip of C as wide as a
// tile. All tiles of a strip read the same strip of B, which is copied so that it stays in the first-level cache; the
// first tile copies it while computing. A is copied if its rows are far apart (Goto and van de Geijn, Anatomy of
// High-Performance Matrix Multiplication).
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
// Not a power of 2, which would map all rows of a copied block to the same few sets of the caches.
constexpr Index block_stride = block + 64 / static_cast<Index>(sizeof(Real));

using Vector [[gnu::vector_size(vector_bytes), gnu::aligned(alignof(Real)), gnu::may_alias]] = Real;

Vector load(const Real* from) { return *reinterpret_cast<const Vector*>(from); }
void store(Real* to, Vector v) { *reinterpret_cast<Vector*>(to) = v; }

/// A store that bypasses the caches, which then need not read the line first. The address is aligned to a vector.
void stream(Real* to, Vector v) {
#if defined(__AVX512F__)
  _mm512_stream_si512(reinterpret_cast<__m512i*>(to), reinterpret_cast<__m512i>(v));
#elif defined(__AVX__)
  _mm256_stream_si256(reinterpret_cast<__m256i*>(to), reinterpret_cast<__m256i>(v));
#elif defined(__SSE2__)
  _mm_stream_si128(reinterpret_cast<__m128i*>(to), reinterpret_cast<__m128i>(v));
#else
  store(to, v);
#endif
}

/// Makes streamed stores visible before later stores, which tell other threads that the results are ready.
void wait_for_streams() {
#ifdef __SSE2__
  _mm_sfence();
#endif
}

/// A tile of C. It may extend beyond the last column of C.
struct Tile {
  Real* data;
  Index stride;
  Index columns;  // that exist
  bool add;       // add to the result of earlier blocks of k
  bool streams;   // bypass the caches
};

/// C = A B or C += A B, with A (rows, k) and B (k, vectors * lanes). Element (r, p) of A is a[r a_stride + p] if
/// `by_columns`, otherwise a[p a_stride + r]. If it `copies`, the rows of B are also written to `copy`, contiguously.
template <int rows, int vectors, bool by_columns, bool copies>
void multiply_tile(const Real* a, Index a_stride, const Real* b, Index b_stride, Index k, const Tile& c, Real* copy) {
  constexpr Index rows_ahead = 16;  // a B to be copied comes from memory: prefetch it this early
  Vector sum[rows][vectors];
#pragma GCC unroll 16
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sum[r][v] = Vector{};
  }
  for (Index p = 0; p < k; ++p) {
    Vector row[vectors];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      const Real* from = b + p * b_stride + v * lanes;
      row[v] = load(from);
      if constexpr (copies) {
        store(copy + (p * vectors + v) * lanes, row[v]);
        if (p + rows_ahead < k) __builtin_prefetch(from + rows_ahead * b_stride);
      }
    }
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
        const Vector total = c.add ? load(to) + sum[r][v] : sum[r][v];
        if (c.streams) {
          stream(to, total);
        } else {
          store(to, total);
        }
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

using TileFunction = void (*)(const Real*, Index, const Real*, Index, Index, const Tile&, Real*);

/// multiply_tile for every height from 1 on.
template <int vectors, bool by_columns, bool copies, std::size_t... r>
constexpr std::array<TileFunction, sizeof...(r)> tiles_by_height(std::index_sequence<r...>) {
  return {multiply_tile<static_cast<int>(r) + 1, vectors, by_columns, copies>...};
}

template <int vectors, Index rows, bool copies>
TileFunction tile_function(bool by_columns, Index height) {
  constexpr auto heights = std::make_index_sequence<rows>{};
  static constexpr auto columns = tiles_by_height<vectors, true, copies>(heights);
  static constexpr auto along_rows = tiles_by_height<vectors, false, copies>(heights);
  return (by_columns ? columns : along_rows)[static_cast<std::size_t>(height - 1)];
}

constexpr Index usual_vectors = 2;  // of a tile of more than 3 rows; only these tiles copy B

TileFunction tile_function(Index vectors, bool by_columns, bool copies, Index height) {
  switch (vectors) {
    case 8:
      return tile_function<8, 1, false>(by_columns, height);
    case 4:
      return tile_function<4, 3, false>(by_columns, height);
    case usual_vectors:
      return copies ? tile_function<usual_vectors, tile_rows, true>(by_columns, height)
                    : tile_function<usual_vectors, tile_rows, false>(by_columns, height);
    default:
      return tile_function<1, tile_rows, false>(by_columns, height);
  }
}

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
  Vector row[lanes];
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

Index gemm_tile_height() { return tile_rows; }

// With fewer rows it takes more columns to keep the arithmetic units busy.
Index gemm_tile_width(Index rows) { return lanes * (rows == 1 ? 8 : rows <= 3 ? 4 : usual_vectors); }

void gemm(const MatrixView& a, const MatrixView& b, Index k, Range rows, Range columns, Real* c, Index c_stride,
          Destination destination) {
  assert(rows.size() <= gemm_max_panel && columns.size() <= gemm_max_panel);
  alignas(64) thread_local Real strip_copy[block * 8 * lanes];
  alignas(64) thread_local Real a_copy[gemm_max_panel * block_stride];
  const Index tiles = (rows.size() + tile_rows - 1) / tile_rows;
  const Index max_vectors = gemm_tile_width(rows.size()) / lanes;
  const bool by_columns = a.column_stride == 1;
  const Index a_stride = std::max(a.row_stride, a.column_stride);
  // Rows 2 KB or more apart share few sets of the caches. Columns need no copy: each is read once per tile.
  const bool a_is_copied = by_columns && tiles > 1 && columns.size() > 2 * max_vectors * lanes &&
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
            a_block.at(first, 0), a_is_copied ? block_stride : a_stride, b_strip, b_stride, depth.size(),
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
