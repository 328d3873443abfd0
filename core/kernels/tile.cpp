#include <gradus/core/kernels/tile.h>

#include <array>
#include <utility>
#ifdef __SSE2__
#include <immintrin.h>
#endif

namespace gradus::inline GRADUS_PRECISION {

namespace {

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

template <int rows, int vectors, bool by_columns, bool copies>
void multiply_tile(const Real* a, Index a_stride, const Real* b, Index b_stride, const Inner& inner, const Tile& c,
                   Real* copy) {
  constexpr Index rows_ahead = 16;  // a B to be copied comes from memory: prefetch it this early
  Vector sum[rows][vectors] = {};
  const Real* const last_ahead = b + (inner.size() - rows_ahead) * b_stride;
  for (Index down = 0; down < inner.down; ++down) {
    for (Index across = 0; across < inner.across; ++across) {
      const Real* const run = a + down * inner.down_step + across * inner.across_step;
      for (Index p = 0; p < inner.length; ++p) {
        Vector row[vectors];
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v) {
          row[v] = load(b + v * lanes);
          if constexpr (copies) {
            store(copy + v * lanes, row[v]);
            if (b < last_ahead) __builtin_prefetch(b + rows_ahead * b_stride + v * lanes);
          }
        }
        b += b_stride;
        if constexpr (copies) copy += vectors * lanes;
#pragma GCC unroll 16
        for (int r = 0; r < rows; ++r) {
          const Real factor = by_columns ? run[r * a_stride + p] : run[p * a_stride + r];
#pragma GCC unroll 8
          for (int v = 0; v < vectors; ++v) sum[r][v] += factor * row[v];
        }
      }
    }
  }
  if (c.columns == vectors * lanes) {
#pragma GCC unroll 16
    for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) {
        Real* to = c.data + r * c.stride + v * lanes;
        const Vector total = c.add ? load(to) + sum[r][v] : sum[r][v];
        c.streams ? stream(to, total) : store(to, total);
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

}  // namespace

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

void wait_for_streams() {
#ifdef __SSE2__
  _mm_sfence();
#endif
}

}  // namespace gradus::inline GRADUS_PRECISION
